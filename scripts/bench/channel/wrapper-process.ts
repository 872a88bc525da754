// A wrapper as in a KubeNode, on a socket of its own, without a container around it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { nodeOptionsOf } from "../../dist/programs.ts";

const program = join(import.meta.dirname, "../../../packages/wrapper/src/main.ts");

export class WrapperProcess {
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
  }

  get socket(): string {
    return join(this.#directory, "w.sock");
  }

  /** Path of a file of that length, in bytes, for the wrapper to read. */
  file(length: number): string {
    const path = join(this.#directory, "file");
    writeFileSync(path, Buffer.alloc(length, "x"));
    return path;
  }

  static async start(): Promise<WrapperProcess> {
    const directory = await mkdtemp(join(tmpdir(), "cke-bench-wrapper-"));
    const flags = ["-socket", join(directory, "w.sock"), "-output_dir", join(directory, "out")];
    const more = ["-state_dir", join(directory, "state"), "-cgroup", `/${directory.split("/").at(-1)}`];
    const child = spawn(process.execPath, [...nodeOptionsOf("cke-wrapper"), program, ...flags, ...more], {
      stdio: "ignore",
    });
    const wrapper = new WrapperProcess(child, directory);
    while (!existsSync(wrapper.socket)) {
      if (child.exitCode !== null) throw new Error(`cke-wrapper ended with ${child.exitCode}`);
      await delay(20);
    }
    return wrapper;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      await exit;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}
