// The WrapperClient over gRPC on the wrapper's UNIX socket. Every unary call has a deadline; the stream of events has none,
// but the connection under it is kept alive by pings. The channel reconnects by itself.

import {
  type InfoResponse,
  type ListResponse,
  type ProcessSpec,
  type ProcessState,
  type Resources,
  type RpcDefinition,
  type WatchEvent,
  wrapperService,
} from "@cke/protocol";
import type { CallOptions, Client, ClientReadableStream } from "@grpc/grpc-js";
import { isServiceError, wrapperError } from "../streams/call-failure.ts";
import { WrapperError } from "../streams/wrapper-error.ts";
import { WrapperStreams } from "../streams/wrapper-streams.ts";
import type { BalancerSetting, Command, CommandResult, PutFile, StopOptions, WrapperClient } from "./wrapper-client.ts";
import { runCommand } from "./wrapper-command.ts";

type Grpc = typeof import("@grpc/grpc-js");

/** It is large, so it is loaded when it is needed, or when there is nothing else to do. */
export const loadGrpc = (): Promise<Grpc> => import("@grpc/grpc-js");

/** Time limit of `info`. The wrapper answers it from memory, so only a wrapper without CPU time is late. */
const infoMs = 6_000;
/** Time limit of one attempt. The caller tries again while the wrapper answers other calls. */
const callMs = 60_000;
/** Time limit of a start that replaces a process, and of a stop: both wait for the end of a process. */
const slowCallMs = 120_000;
/** A ping is sent over the connection this often; the connection is given up when no answer comes within the timeout. */
const pingMs = 10_000;
const pingTimeoutMs = 30_000;
const chunkBytes = 64 * 1024;

export class GrpcWrapperClient implements WrapperClient {
  readonly #grpc: Grpc;
  readonly #client: Client;

  readonly streams: WrapperStreams;

  private constructor(grpc: Grpc, client: Client, socketPath: string) {
    this.#grpc = grpc;
    this.#client = client;
    this.streams = new WrapperStreams(grpc, socketPath, () => this.info());
  }

  /** Does not wait for the wrapper: the first call fails if it is not there. */
  static async open(socketPath: string): Promise<GrpcWrapperClient> {
    const grpc = await loadGrpc();
    const client = new grpc.Client(`unix://${socketPath}`, grpc.credentials.createInsecure(), {
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.min_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 2_000,
      "grpc.max_receive_message_length": 16 * 1024 * 1024,
      "grpc.keepalive_time_ms": pingMs,
      "grpc.keepalive_timeout_ms": pingTimeoutMs,
      // A UNIX socket is never reached through an HTTP proxy.
      "grpc.enable_http_proxy": 0,
    });
    return new GrpcWrapperClient(grpc, client, socketPath);
  }

  info(): Promise<InfoResponse> {
    return this.#call(wrapperService.info, {}, infoMs);
  }

  start(spec: ProcessSpec): Promise<ProcessState> {
    return this.#call(wrapperService.start, { spec, replace: true }, slowCallMs);
  }

  async stop(name: string, { graceMs }: StopOptions = {}): Promise<void> {
    await this.#call(wrapperService.stop, { name, forget: true, graceMs }, slowCallMs);
  }

  list(): Promise<ListResponse> {
    return this.#call(wrapperService.list, {}, callMs);
  }

  setResources(name: string, resources: Resources): Promise<ProcessState> {
    return this.#call(wrapperService.setResources, { name, resources }, callMs);
  }

  async putFile({ path, mode, content }: PutFile, timeoutMs = callMs): Promise<boolean> {
    const method = wrapperService.putFile;
    const answer = await new Promise<ReturnType<typeof method.responseDeserialize>>((resolve, reject) => {
      const call = this.#client.makeClientStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        new this.#grpc.Metadata(),
        this.#deadline(timeoutMs),
        (error, response) => {
          if (error !== null) reject(wrapperError(error, timeoutMs));
          else if (response === undefined) reject(new WrapperError("other", "the wrapper sent no answer"));
          else resolve(response);
        },
      );
      // A crash of the host ends the node's container; the next one is made anew, with its files.
      call.write({ input: { kind: "header", value: { path, mode, unflushed: true } } });
      for (let at = 0; at < content.length; at += chunkBytes) {
        call.write({ input: { kind: "data", value: content.subarray(at, at + chunkBytes) } });
      }
      call.end();
    });
    return answer.changed;
  }

  async setBalancer(setting: BalancerSetting): Promise<void> {
    await this.#call(wrapperService.setBalancer, { ...setting, targets: [...setting.targets] }, callMs);
  }

  run(command: Command): Promise<CommandResult> {
    return runCommand(this.streams, command);
  }

  async *watch(fromSequence: number, instanceId: string, signal: AbortSignal): AsyncIterable<WatchEvent> {
    if (signal.aborted) return;
    const method = wrapperService.watch;
    const stream: ClientReadableStream<WatchEvent> = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { fromSequence, instanceId },
    );
    // The cancellation of the stream is an error event. Without a listener it would end the executor.
    stream.on("error", () => {});
    const cancel = () => stream.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      // grpc-js types the items of a stream as `any`; the deserialiser above makes them WatchEvents.
      for await (const event of stream) yield event;
    } catch (error) {
      if (!signal.aborted) throw isServiceError(error) ? wrapperError(error, 0) : error;
    } finally {
      signal.removeEventListener("abort", cancel);
      stream.cancel();
    }
  }

  close(): void {
    this.streams.close();
    this.#client.close();
  }

  #deadline(ms: number): CallOptions {
    return { deadline: Date.now() + ms };
  }

  #call<Request, Init, Response, ResponseInit>(
    method: RpcDefinition<Request, Init, Response, ResponseInit>,
    request: Init,
    timeoutMs: number,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new this.#grpc.Metadata(),
        this.#deadline(timeoutMs),
        (error, response) => {
          if (error !== null) reject(wrapperError(error, timeoutMs));
          else if (response === undefined) reject(new WrapperError("other", "the wrapper sent no answer"));
          else resolve(response);
        },
      );
    });
  }
}
