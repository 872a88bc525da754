// A simulated disk that loses power. After a cut, everything that was synced is there. Of later writes any sector may
// be there or not, in any order; a file may have its old or its new length; a new or removed file may be there or not.
// Real file systems lose less.
import type { DiskEvent } from "./disk-trace.ts";

const sectorBytes = 512;

interface Change {
  readonly at: number;
  readonly offset: number;
  readonly data: Buffer;
  /** New length, of a truncation. */
  readonly size?: number;
}

interface FileState {
  durable: Buffer;
  pending: Change[];
  /** True when the directory entry is on the disk. */
  listed: boolean;
  /** True when programs see the file. */
  present: boolean;
}

export class CutDisk {
  readonly #files = new Map<string, FileState>();
  readonly #syncs = new Map<number, { readonly file: string; readonly at: number }>();
  #at = 0;

  /** `files` exist and are synced. */
  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    for (const [name, durable] of files)
      this.#files.set(name, { durable: Buffer.from(durable), pending: [], listed: true, present: true });
  }

  apply(event: DiskEvent): void {
    this.#at += 1;
    switch (event.kind) {
      case "create": {
        const state = this.#file(event.file);
        if (!state.present) Object.assign(state, { present: true, durable: Buffer.alloc(0), pending: [] });
        break;
      }
      case "remove":
        this.#file(event.file).present = false;
        break;
      case "write": {
        const state = this.#file(event.file);
        const offset = event.offset < 0 ? sizeOf(state) : event.offset;
        state.pending.push({ at: this.#at, offset, data: event.data });
        break;
      }
      case "truncate":
        this.#file(event.file).pending.push({ at: this.#at, offset: 0, data: Buffer.alloc(0), size: event.size });
        break;
      case "sync-begin":
        this.#syncs.set(event.id, { file: event.file, at: this.#at });
        break;
      case "sync-end":
        this.#synced(event.id);
        break;
    }
  }

  /** The files that are on the disk when the power is cut now. `random` returns 0 up to 1. */
  cut(random: () => number): ReadonlyMap<string, Buffer> {
    const result = new Map<string, Buffer>();
    for (const [name, state] of this.#files) {
      const { listed, present } = state;
      if (listed !== present ? random() < 0.5 : !present) continue;
      result.set(name, remains(state, random));
    }
    return result;
  }

  /** True when a cut now would lose something of this file, or might. */
  inDoubt(name: string): boolean {
    const state = this.#files.get(name);
    return state !== undefined && (state.pending.length > 0 || state.listed !== state.present);
  }

  #synced(id: number): void {
    const sync = this.#syncs.get(id);
    if (sync === undefined) return;
    this.#syncs.delete(id);
    if (sync.file === "") {
      for (const state of this.#files.values()) state.listed = state.present;
      return;
    }
    const state = this.#file(sync.file);
    state.durable = after(
      state.durable,
      state.pending.filter(({ at }) => at < sync.at),
    );
    state.pending = state.pending.filter(({ at }) => at > sync.at);
  }

  #file(name: string): FileState {
    const found = this.#files.get(name);
    if (found !== undefined) return found;
    const made = { durable: Buffer.alloc(0), pending: [], listed: false, present: false };
    this.#files.set(name, made);
    return made;
  }
}

const sizeOf = ({ durable, pending }: FileState) => pending.reduce(sizeAfter, durable.length);
const sizeAfter = (size: number, { offset, data, size: cut }: Change) => cut ?? Math.max(size, offset + data.length);

function after(content: Buffer, changes: readonly Change[]): Buffer {
  let size = content.length;
  const next = Buffer.alloc(Math.max(size, ...changes.map(({ offset, data }) => offset + data.length)));
  content.copy(next);
  for (const change of changes) {
    const { offset, data, size: cut } = change;
    if (cut === undefined) data.copy(next, offset);
    else next.fill(0, Math.min(cut, size));
    size = sizeAfter(size, change);
  }
  return next.subarray(0, size);
}

/**
 * The content of a file after a cut: of each sector the first few of its pending writes; as length the old one, the new
 * one, or one between.
 */
function remains(state: FileState, random: () => number): Buffer {
  const { durable, pending } = state;
  const whole = Math.max(sizeOf(state), durable.length);
  const content = Buffer.alloc(whole);
  durable.copy(content);
  // Often none or all of it, because real disks do these most.
  const share = [0, 1, random(), random()][Math.floor(random() * 4)] ?? 0;
  const stopped = new Set<number>();
  for (const { offset, data } of pending) {
    for (let from = offset; from < offset + data.length; ) {
      const sector = Math.floor(from / sectorBytes);
      const to = Math.min((sector + 1) * sectorBytes, offset + data.length);
      if (!stopped.has(sector) && random() < share) data.copy(content, from, from - offset, to - offset);
      else stopped.add(sector);
      from = to;
    }
  }
  const sizes = [durable.length, ...pending.map(({ offset, data, size }) => size ?? offset + data.length), whole];
  const least = Math.min(durable.length, ...pending.flatMap(({ size }) => size ?? []));
  const chosen = sizes[Math.floor(random() * sizes.length)] ?? whole;
  return content.subarray(0, Math.max(least, chosen));
}
