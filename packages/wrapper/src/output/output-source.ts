// Reads the output file of a process from a position on, across rotations: nothing is missed and nothing comes twice. A reader that is so
// slow that rotation has removed what it would read next gets an error.
import { WrapperError } from "../errors/wrapper-error.ts";
import type { FileSource, FileStart } from "../files/file-source.ts";
import type { OutputExtent, OutputFile } from "./output-file.ts";

export async function openOutputSource(file: OutputFile, start: FileStart): Promise<FileSource> {
  return new OutputSource(file, start, await file.extent());
}

class OutputSource implements FileSource {
  readonly size: number;
  readonly modifiedAtMs: number;
  readonly #file: OutputFile;
  #position: number;
  /** Reading ends here. */
  readonly #end: number;

  constructor(file: OutputFile, { offset, fromEnd, follow }: FileStart, extent: OutputExtent) {
    const { start, end } = extent;
    this.#file = file;
    this.size = end - start;
    this.modifiedAtMs = extent.modifiedAtMs;
    this.#position = fromEnd ? Math.max(start, end - offset) : Math.min(start + offset, end);
    this.#end = follow ? Number.POSITIVE_INFINITY : end;
  }

  async read(buffer: Uint8Array): Promise<{ readonly bytes: number; readonly offset: number }> {
    const wanted = this.#position;
    const room = Math.min(buffer.length, this.#end - wanted);
    if (room === 0) return { bytes: 0, offset: Math.max(0, wanted - this.#file.start()) };
    const { bytes, position } = await this.#file.read(wanted, buffer.subarray(0, room));
    if (position > wanted) {
      const words = `the reader is too slow: ${position - wanted} bytes were rotated away before they could be read`;
      throw new WrapperError("out_of_range", `${words}; read again, with an offset that is still there`);
    }
    this.#position = position + bytes;
    return { bytes, offset: Math.max(0, position - this.#file.start()) };
  }

  async close(): Promise<void> {}
}
