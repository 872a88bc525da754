// etcd keeps every old version of every key until somebody compacts it, and refuses writes when its quota is used up. As
// Kubernetes does with its own etcd, the leader compacts what lies further back than one interval.

/** An interval ends after this much was written, or after this time; an etcd's default quota is 2 GB. */
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

  /** Counts what was written up to `revision`; the revision up to which history may go, at the end of an interval. */
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
