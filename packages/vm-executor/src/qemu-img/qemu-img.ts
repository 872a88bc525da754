// Runs qemu-img, which makes, reads and changes disk images. Every path is absolute and every format is named: a format that is
// guessed from the content of a raw disk would be the guest's choice.
import { execFile } from "node:child_process";
import { boundedText, CkeError } from "@cke/foundation";
import { type ImageInfo, type ImageSnapshot, parseImageInfo, parseMeasure, parseProgress } from "./qemu-img-answers.ts";

export type DiskFormat = "qcow2" | "raw";

export interface QemuImgOptions {
  /** Default: found by PATH. */
  readonly program?: string;
}

/** An image that is read. */
export interface ReadImage {
  readonly path: string;
  readonly format: DiskFormat;
  /**
   * Id of a snapshot that lies in it, which is read in its place. A guest may have the image open meanwhile: it never writes to what a
   * snapshot holds.
   */
  readonly snapshot?: string | undefined;
}

interface Run {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly onPercent?: (percent: number) => void;
}

/** Enough for what only touches metadata, on a machine that is busy. */
const metadataMs = 120_000;
/** Rewriting the tables of a large image takes a while on slow storage. */
const tablesMs = 600_000;
const snapshotFlags = { create: "-c", apply: "-a", delete: "-d" } as const;
/** A copy of a large image to slow storage. */
const copyMs = 6 * 3_600_000;
const outputBytes = 1 << 20;
/** Address space and CPU time of a run that reads an image of a stranger, as a crafted one could take all there is. */
const readerLimits = ["prlimit", "--as=1073741824", "--cpu=30"] as const;
/** A long copy for an executor that is dead would only take room and time from the next one's. */
const endsWithParent = ["setpriv", "--pdeathsig", "KILL"] as const;

export class QemuImg {
  readonly #program: string;

  constructor({ program = "qemu-img" }: QemuImgOptions = {}) {
    this.#program = program;
  }

  /** What the image says of itself. `shared`: also when a running guest has it open. Throws CkeError: disk_busy, image_format, … */
  async info(
    path: string,
    format: DiskFormat,
    { signal, shared = false }: { readonly signal: AbortSignal; readonly shared?: boolean },
  ): Promise<ImageInfo> {
    const args = ["info", "--output=json", ...(shared ? ["--force-share"] : []), "-f", format, path];
    return parseImageInfo(await this.#run(args, { signal, timeoutMs: metadataMs }, readerLimits));
  }

  /** An empty image. */
  async create(path: string, format: DiskFormat, bytes: number, signal: AbortSignal): Promise<void> {
    await this.#run(["create", "-q", "-f", format, path, String(bytes)], { signal, timeoutMs: metadataMs });
  }

  /** A qcow2 image of what differs from `base`, whose name may be relative to the new image's directory. 0 bytes: the base's size. */
  async createOverlay(
    path: string,
    base: { readonly path: string; readonly format: DiskFormat },
    bytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    const size = bytes === 0 ? [] : [String(bytes)];
    const args = ["create", "-q", "-f", "qcow2", "-b", base.path, "-F", base.format, path, ...size];
    await this.#run(args, { signal, timeoutMs: metadataMs });
  }

  /** Bytes that a copy of the image in another format takes, at most, where the storage has files with holes. */
  async measure(from: ReadImage, to: DiskFormat, signal: AbortSignal): Promise<number> {
    const of = async (format: DiskFormat) => {
      const args = ["measure", "--output=json", ...readFlags(from), "-f", from.format, "-O", format, from.path];
      return parseMeasure(await this.#run(args, { signal, timeoutMs: metadataMs }));
    };
    if (to === "qcow2") return await of("qcow2");
    // For raw it counts the holes too. What is between them is in a copy as qcow2, with some tables.
    return Math.min(await of("raw"), await of("qcow2"));
  }

  /** Copies the content of an image into a new one of another format; holes stay holes. */
  async convert(
    from: ReadImage,
    to: { readonly path: string; readonly format: DiskFormat },
    run: { readonly signal: AbortSignal; readonly onPercent: (percent: number) => void },
  ): Promise<void> {
    const args = ["convert", "-p", ...readFlags(from), "-f", from.format, "-O", to.format, from.path, to.path];
    await this.#run(args, { ...run, timeoutMs: copyMs }, endsWithParent);
  }

  /** Grows an image; qemu-img refuses to shrink one without being told to. */
  async grow(path: string, format: DiskFormat, bytes: number, signal: AbortSignal): Promise<void> {
    await this.#run(["resize", "-q", "-f", format, path, String(bytes)], { signal, timeoutMs: metadataMs });
  }

  /** The snapshots that lie in a qcow2 image. */
  async snapshots(path: string, signal: AbortSignal): Promise<readonly ImageSnapshot[]> {
    return (await this.info(path, "qcow2", { signal })).snapshots;
  }

  /**
   * Makes, goes back to or removes a snapshot in a qcow2 image that nothing has open. `which`: its name; to go back better its id, for there
   * qemu-img takes a name for an id where there is such one.
   */
  async snapshot(action: keyof typeof snapshotFlags, path: string, which: string, signal: AbortSignal): Promise<void> {
    const image = `driver=qcow2,file.driver=file,file.filename=${path.replaceAll(",", ",,")}`;
    await this.#run(["snapshot", "-q", snapshotFlags[action], which, "--image-opts", image], {
      signal,
      timeoutMs: tablesMs,
    });
  }

  /** Resolves to its stdout. `runner`: a program of util-linux that runs it, and its arguments. */
  #run(
    args: readonly string[],
    { signal, timeoutMs, onPercent }: Run,
    [runner, ...limits]: readonly string[] = [],
  ): Promise<string> {
    const [program, argv] =
      runner === undefined ? [this.#program, args] : [runner, [...limits, "--", this.#program, ...args]];
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = { signal, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: outputBytes } as const;
    // Its words are read, so they must be English.
    const child = execFile(
      program,
      [...argv],
      { ...options, env: { ...process.env, LC_ALL: "C" } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(signal.aborted ? signal.reason : failure(args, error, stderr));
      },
    );
    if (onPercent !== undefined)
      child.stdout?.on("data", (text: string) => {
        const percent = parseProgress(text);
        if (percent !== undefined) onPercent(percent);
      });
    return promise;
  }
}

const readFlags = ({ snapshot }: ReadImage): readonly string[] =>
  snapshot === undefined ? [] : ["--force-share", "-l", `snapshot.id=${snapshot}`];

interface Failed extends Error {
  readonly code?: string | number | null | undefined;
  readonly killed?: boolean | undefined;
}

function failure(args: readonly string[], error: Failed, stderr: string): CkeError {
  const command = `qemu-img ${args[0]}`;
  if (error.code === "ENOENT" || /^(prlimit|setpriv): failed to execute/.test(stderr))
    return new CkeError(
      "qemu_missing",
      `${command}: not installed here; install qemu-utils (and util-linux for prlimit and setpriv)`,
    );
  if (error.killed) return new CkeError("disk_slow", `${command} was ended: it took too long`, { retryable: true });
  const words = boundedText(stderr.trim(), { maxBytes: 600 }) || error.message;
  const busy = /Failed to (get|lock)|Failed to get .* lock|Is another process using the image/.test(words);
  if (busy)
    return new CkeError("disk_busy", `${command}: another process uses the disk: ${words}`, { retryable: true });
  if (/No space left on device|Disk quota exceeded/.test(words))
    return new CkeError("disk_full", `${command}: the storage is full: ${words}`, { retryable: true });
  if (/Image is not in .* format|not supported|Invalid|corrupt/i.test(words))
    return new CkeError("image_format", `${command}: ${words}`);
  return new CkeError("disk_failed", `${command} failed: ${words}`, { retryable: true });
}
