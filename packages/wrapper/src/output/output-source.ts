// Reads the output file of a process from a position on, across rotations: nothing is missed and nothing comes twice.
import type { FileSource } from "../files/file-source.ts";
import type { OutputFile } from "./output-file.ts";

export class OutputSource implements FileSource {
  readonly #file: OutputFile;
  #position: number;

  constructor(file: OutputFile, offset: number) {
    this.#file = file;
    this.#position = Math.min(file.start() + offset, file.end());
  }

  async read(buffer: Uint8Array): Promise<{ readonly bytes: number; readonly offset: number }> {
    const { bytes, position } = await this.#file.read(this.#position, buffer);
    this.#position = position + bytes;
    return { bytes, offset: Math.max(0, position - this.#file.start()) };
  }

  async size(): Promise<number> {
    return this.#file.end() - this.#file.start();
  }

  async close(): Promise<void> {}
}
