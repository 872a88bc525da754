// Reads from strace's output (-f -y -xx) what a program did to the files of one directory, in order. From it a test
// derives what a power cut at any moment may leave of them.
import { basename, dirname } from "node:path";

export type DiskEvent =
  | { readonly kind: "create"; readonly file: string }
  | { readonly kind: "remove"; readonly file: string }
  | { readonly kind: "write"; readonly file: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly file: string; readonly size: number }
  /** `file` "" is the directory. When the sync `id` has ended, all that was done before its begin is on the disk. */
  | { readonly kind: "sync-begin"; readonly file: string; readonly id: number }
  | { readonly kind: "sync-end"; readonly id: number };

/** The flags of strace whose output `readTrace` reads. */
export const straceFlags = [
  ...["-f", "-y", "-xx", "-s", "16777216"],
  ...["-e", "trace=openat,pwrite64,pwritev,write,fdatasync,fsync,ftruncate,unlink,rename"],
];

const unhex = (text: string) => Buffer.from(text.replaceAll("\\x", ""), "hex");
const resumed = /^(\d+)\s+<\.\.\. (\w+) resumed>.*\)\s+= (-?\d+)/;
const begun = /^(\d+)\s+(\w+)\((.*)$/;
const file = /^\d+<((?:\\x[0-9a-f]{2})+)>/;
const path = /"((?:\\x[0-9a-f]{2})+)"/;
const bytes = /"((?:\\x[0-9a-f]{2})*)"/;

/** Events on `directory` and on the files in it. Throws for a system call that it does not know. */
export function* readTrace(lines: Iterable<string>, directory: string): Generator<DiskEvent> {
  /** Syncs under way, by thread. */
  const syncing = new Map<string, number>();
  let ids = 0;
  const within = (name: string): string | undefined =>
    name === directory ? "" : dirname(name) === directory ? basename(name) : undefined;
  for (const line of lines) {
    const end = resumed.exec(line);
    if (end !== null) {
      const id = syncing.get(end[1] ?? "");
      if (id === undefined || !/sync$/.test(end[2] ?? "")) continue;
      syncing.delete(end[1] ?? "");
      if (end[3] === "0") yield { kind: "sync-end", id };
      continue;
    }
    const [, thread = "", call = "", args = ""] = begun.exec(line) ?? [];
    const unfinished = args.endsWith("<unfinished ...>");
    if (!unfinished && /\) +=? ?-1 /.test(args.slice(-120))) continue;
    const hex = call === "openat" || call === "unlink" || call === "rename" ? path.exec(args) : file.exec(args);
    const name = hex?.[1] === undefined ? undefined : within(unhex(hex[1]).toString());
    if (name === undefined) continue;
    switch (call) {
      case "openat":
        if (args.includes("O_CREAT")) yield { kind: "create", file: name };
        break;
      case "unlink":
        yield { kind: "remove", file: name };
        break;
      case "pwrite64": {
        const data = unhex(bytes.exec(args)?.[1] ?? "");
        const offset = /", \d+, (\d+)/.exec(args)?.[1];
        if (offset === undefined) throw new Error(`a write without an offset: ${line.slice(0, 200)}`);
        yield { kind: "write", file: name, offset: Number(offset), data };
        break;
      }
      case "write":
        // `write` is only used for files that are appended to.
        yield { kind: "write", file: name, offset: -1, data: unhex(bytes.exec(args)?.[1] ?? "") };
        break;
      case "ftruncate":
        yield { kind: "truncate", file: name, size: Number(/>, (\d+)/.exec(args)?.[1]) };
        break;
      case "fdatasync":
      case "fsync":
        yield { kind: "sync-begin", file: name, id: ++ids };
        if (unfinished) syncing.set(thread, ids);
        else yield { kind: "sync-end", id: ids };
        break;
      default:
        throw new Error(`what does ${call} do to ${name}?`);
    }
  }
}
