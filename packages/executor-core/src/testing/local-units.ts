// A unit for tests: this very machine. Commands are child processes, tunnels are sockets, files are files.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { constants as osConstants } from "node:os";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { CkeError, messageOf } from "@cke/foundation";
import {
  ExecOutput,
  type ExecOutputInit,
  type ExecStart,
  type FileRequest,
  type FilesRequest,
  type FilesResponseInit,
  type RunProbeRequest,
  type TunnelTarget,
  type UnitCall,
  type UnitCallAnswerInit,
  written,
} from "@cke/protocol";
import type { FilePart, UnitCommand, UnitStreams } from "../channel/unit-streams.ts";

const pieceBytes = 64 * 1024;

export class LocalUnits implements UnitStreams {
  readonly #root: string;
  /** Calls that are not over. */
  readonly running = new Set<AbortSignal>();
  /** Probes that do not pass, by name, with what they say. */
  readonly failing = new Map<string, string>();

  /** Files are looked for below `root`. */
  constructor(root = "") {
    this.#root = root;
  }

  exec({ command, environment }: ExecStart, signal: AbortSignal): UnitCommand {
    const [program = "", ...args] = command;
    const variables = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
    const child = spawn(program, args, { env: { ...process.env, ...variables }, detached: true });
    const killGroup = (name: NodeJS.Signals | number = "SIGKILL") => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // Nothing of it is left.
      }
    };
    signal.addEventListener("abort", () => killGroup(), { once: true });
    child.stdin.on("error", () => {});
    const said: ExecOutput[] = [];
    let news = Promise.withResolvers<void>();
    const tell = (output: ExecOutputInit["output"]) => {
      said.push(ExecOutput.create({ output }));
      news.resolve();
    };
    const outputs = [child.stdout, child.stderr];
    child.stdout.on("data", (data: Buffer) => tell({ kind: "stdout", value: data }));
    child.stderr.on("data", (data: Buffer) => tell({ kind: "stderr", value: data }));
    child.once("spawn", () => tell({ kind: "startedPid", value: child.pid ?? 0 }));
    // What it has left running must not keep its output open.
    child.once("exit", () => killGroup());
    child.once("close", (code, name) => tell({ kind: "exit", value: { code: code ?? 128, signal: name ?? "" } }));
    child.once("error", (error) => news.reject(new CkeError("failed_precondition", `cannot start: ${error.message}`)));
    news.promise.catch(() => {});
    const over = this.#track(signal);
    async function* output(): AsyncGenerator<ExecOutput, void, undefined> {
      try {
        for (;;) {
          await news.promise;
          news = Promise.withResolvers<void>();
          for (const pipe of outputs) pipe.pause();
          for (const event of said.splice(0)) {
            yield event;
            if (event.output?.kind === "exit") return;
          }
          for (const pipe of outputs) pipe.resume();
        }
      } finally {
        killGroup();
        over();
      }
    }
    return {
      output: output(),
      send: async ({ input }) => {
        if (input?.kind === "stdin") await written(child.stdin, input.value).catch(() => undefined);
        else if (input?.kind === "stdinEnd") child.stdin.end();
        else if (input?.kind === "resize") child.stdin.write(`resize ${input.value.rows} ${input.value.columns}\n`);
        else if (input?.kind === "signal") killGroup(numberOf(input.value));
      },
    };
  }

  async tunnel({ target }: TunnelTarget, signal: AbortSignal): Promise<Duplex> {
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(target?.value ?? "") ?? [];
    const where = target?.kind === "unixSocket" ? { path: target.value } : { host, port: Number(port) };
    const socket = connect({ ...where, allowHalfOpen: true });
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.once("close", this.#track(signal));
    await once(socket, "connect");
    return socket;
  }

  async *file({ path, offset, fromEnd, length, follow }: FileRequest, signal: AbortSignal): AsyncGenerator<FilePart> {
    const over = this.#track(signal);
    const file = await open(`${this.#root}${path}`).catch((error: unknown) => {
      over();
      throw new CkeError("not_found", messageOf(error));
    });
    try {
      const { size, mtimeMs } = await file.stat();
      let at = fromEnd ? Math.max(0, size - offset) : Math.min(offset, size);
      let left = length === 0 ? Number.POSITIVE_INFINITY : length;
      let first = true;
      while (left > 0 && !signal.aborted) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(pieceBytes, left)), 0, undefined, at);
        if (bytesRead > 0 || first)
          yield {
            offset: at,
            data: buffer.subarray(0, bytesRead),
            fileSize: size,
            modifiedAtMs: Math.floor(mtimeMs),
          };
        first = false;
        at += bytesRead;
        left -= bytesRead;
        if (bytesRead > 0) continue;
        if (!follow) return;
        await delay(10, undefined, { signal });
      }
    } finally {
      await file.close();
      over();
    }
  }

  async files({ directory }: FilesRequest): Promise<FilesResponseInit> {
    const path = `${this.#root}${directory}`;
    const names = await readdir(path).catch((error: unknown) => {
      throw new CkeError("not_found", messageOf(error));
    });
    const files = names.toSorted().map(async (name) => {
      const { size, mtimeMs } = await stat(`${path}/${name}`);
      return { name, size, modifiedAtMs: Math.floor(mtimeMs) };
    });
    return { files: await Promise.all(files) };
  }

  async probe({ probe }: RunProbeRequest): Promise<{ passing: boolean; message: string; durationMs: number }> {
    const message = this.failing.get(probe?.name ?? "") ?? "";
    return { passing: message === "", message, durationMs: 1 };
  }

  /** Says how long the request is, and answers with the request itself; an empty one fails. */
  async *call({ request }: UnitCall): AsyncGenerator<UnitCallAnswerInit> {
    if (request.length === 0) throw new CkeError("invalid_argument", "the request is empty");
    yield { answer: { kind: "progress", value: `${request.length} bytes` } };
    yield { answer: { kind: "result", value: request } };
  }

  failureCode(): string {
    return "unavailable";
  }

  #track(signal: AbortSignal): () => void {
    this.running.add(signal);
    return () => void this.running.delete(signal);
  }
}

function numberOf(name: string): number {
  const wanted = `SIG${name.replace(/^SIG/, "")}`;
  return Object.entries(osConstants.signals).find(([known]) => known === wanted)?.[1] ?? 0;
}
