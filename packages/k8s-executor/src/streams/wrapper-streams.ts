// The streams into a node over the wrapper's UNIX sockets: commands and probes by gRPC, tunnels and files as bytes. They have connections of their own: what goes wrong there does not disturb
// the supervision of the node.
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import type { FilePart, UnitCommand, UnitStreams } from "@cke/executor-core";
import {
  type ExecInputInit,
  type ExecStart,
  type FileChunk,
  type FileRequest,
  type FilesRequest,
  type FilesResponse,
  type GetFileRequestInit,
  MessageSender,
  type RpcDefinition,
  type RunProbeRequest,
  type RunProbeResponse,
  type TunnelInputInit,
  type TunnelOutput,
  type TunnelTarget,
  wrapperService,
} from "@cke/protocol";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import { readByteFile } from "./byte-file.ts";
import { ByteSockets, type WrapperAbilities } from "./byte-sockets.ts";
import { cancelled, wrapperError } from "./call-failure.ts";
import { endWith, receive } from "./client-call.ts";
import { ExecStream, type OpenedExec } from "./exec-stream.ts";
import { openByteTunnel } from "./open-byte-tunnel.ts";
import { StreamConnections } from "./stream-connections.ts";
import { TunnelStream } from "./tunnel-stream.ts";
import { WrapperError } from "./wrapper-error.ts";

type Grpc = typeof import("@grpc/grpc-js");

/** Beside the timeout of the probe itself: commands wait for their turn. */
const probePatienceMs = 60_000;
const listPatienceMs = 30_000;
/** Beyond the end of every file: reading from there tells the size. */
const beyondTheEnd = Number.MAX_SAFE_INTEGER;

export class WrapperStreams implements UnitStreams {
  readonly #grpc: Grpc;
  readonly #connections: StreamConnections;
  readonly #sockets: ByteSockets;
  readonly #abilities: () => Promise<WrapperAbilities>;

  /** `abilities` asks the wrapper what it has beyond the first version. */
  constructor(grpc: Grpc, socketPath: string, abilities: () => Promise<WrapperAbilities>) {
    this.#grpc = grpc;
    this.#connections = new StreamConnections(grpc, socketPath);
    this.#sockets = new ByteSockets(dirname(socketPath), abilities);
    this.#abilities = abilities;
  }

  exec(start: ExecStart, signal: AbortSignal): UnitCommand {
    return new ExecStream(this.#openExec(start, signal), signal);
  }

  async tunnel(target: TunnelTarget, signal: AbortSignal): Promise<Duplex> {
    if (signal.aborted) throw cancelled();
    if (await this.#sockets.serve("tunnels")) return await openByteTunnel(this.#sockets, target, signal);
    if (signal.aborted) throw cancelled();
    // A wrapper of an earlier version.
    const call = this.#duplex(wrapperService.tunnel);
    const over = endWith(call, signal);
    const sender = new MessageSender<TunnelInputInit>(call, over);
    const messages = receive<TunnelOutput>(call, signal);
    await sender.send({ input: { kind: "open", value: target } });
    const first = await messages.next();
    if (first.done || first.value.output?.kind !== "opened") {
      call.cancel();
      throw new WrapperError("other", "the wrapper in the container did not open the tunnel");
    }
    return new TunnelStream(call, messages, sender, over);
  }

  async *file(request: FileRequest, signal: AbortSignal): AsyncGenerator<FilePart, void, undefined> {
    if (signal.aborted) throw cancelled();
    if (await this.#sockets.serve("files")) {
      yield* readByteFile(this.#sockets, request, signal);
      return;
    }
    // A wrapper of an earlier version.
    const { path, length, follow } = request;
    let { offset, fromEnd } = request;
    if (fromEnd && !(await this.#abilities()).features.includes("file-from-end")) {
      // One of the first version does not count from the end, so it is done here.
      for await (const { fileSize } of this.#readFile({ path, offset: beyondTheEnd }, signal)) {
        offset = Math.max(0, fileSize - request.offset);
        fromEnd = false;
        break;
      }
    }
    yield* this.#readFile({ path, offset, fromEnd, length, follow }, signal);
  }

  files(request: FilesRequest, signal: AbortSignal): Promise<FilesResponse> {
    return this.#unary(wrapperService.listFiles, request, listPatienceMs, signal);
  }

  probe(request: RunProbeRequest, signal: AbortSignal): Promise<RunProbeResponse> {
    const timeoutMs = (request.probe?.timeoutMs ?? 0) + probePatienceMs;
    return this.#unary(wrapperService.runProbe, request, timeoutMs, signal);
  }

  failureCode(error: unknown): string {
    return error instanceof WrapperError ? error.code : "internal";
  }

  /** Ends every stream. */
  close(): void {
    this.#sockets.close();
    this.#connections.close();
  }

  async #openExec(start: ExecStart, signal: AbortSignal): Promise<OpenedExec> {
    if (signal.aborted) throw cancelled();
    // A wrapper that does not know the field would run the command as root.
    if (start.user !== "" && !(await this.#abilities()).features.includes("exec-user")) {
      const words = "the wrapper in this container is of an earlier version and can run commands as root only";
      throw new WrapperError("unimplemented", `start.user: ${words}`);
    }
    if (signal.aborted) throw cancelled();
    const call = this.#duplex(wrapperService.exec);
    const sender = new MessageSender<ExecInputInit>(call, endWith(call, signal));
    void sender.send({ input: { kind: "start", value: start } });
    return { call, sender };
  }

  #unary<Request, Init, Response, ResponseInit>(
    method: RpcDefinition<Request, Init, Response, ResponseInit>,
    request: Init,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(cancelled());
        return;
      }
      const call = this.#connections.call((client) =>
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          new this.#grpc.Metadata(),
          { deadline: Date.now() + timeoutMs },
          (error, response) => {
            signal.removeEventListener("abort", cancel);
            if (error !== null) reject(signal.aborted ? cancelled() : wrapperError(error, timeoutMs));
            else if (response === undefined) reject(new WrapperError("other", "the wrapper sent no answer"));
            else resolve(response);
          },
        ),
      );
      const cancel = () => call.cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  async *#readFile(request: GetFileRequestInit, signal: AbortSignal): AsyncGenerator<FilePart, void, undefined> {
    if (signal.aborted) throw cancelled();
    const method = wrapperService.getFile;
    const call = this.#connections.call((client) =>
      client.makeServerStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, request),
    );
    endWith(call, signal);
    yield* receive<FileChunk>(call, signal);
  }

  #duplex<Request, Init, Response, ResponseInit>(
    method: RpcDefinition<Request, Init, Response, ResponseInit>,
  ): ClientDuplexStream<Init, Response> {
    return this.#connections.call((client) =>
      client.makeBidiStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        new this.#grpc.Metadata(),
      ),
    );
  }
}
