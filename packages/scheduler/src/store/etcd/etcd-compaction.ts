// Decides which old revisions of etcd the leader compacts. etcd keeps every version of every key until a client compacts them,
// and refuses writes when its quota is used up. As Kubernetes does with its etcd, the leader compacts all revisions that
// are older than one interval.

/** An interval ends after this many bytes were written, or after this time. The default quota of etcd is 2 GB. */
const intervalBytes = 64_000_000;
const intervalMs = 300_000;

export class EtcdCompaction {
  #written = 0;
  #since: number;
  /** Revision at the end of the interval before. */
  #mark: string | undefined;

  /** `now`: monotonic milliseconds. */
  constructor(now: number) {
    this.#since = now;
  }

  /** Counts what was written up to `revision`. At the end of an interval: the revision up to which etcd may be compacted. */
  written(bytes: number, revision: string, now: number): string | undefined {
    this.#written += bytes;
    if (this.#written < intervalBytes && now - this.#since < intervalMs) return undefined;
    const due = this.#mark;
    this.#mark = revision;
    this.#written = 0;
    this.#since = now;
    return due;
  }
}
