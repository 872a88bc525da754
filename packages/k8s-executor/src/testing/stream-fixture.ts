// A real wrapper with the executor's client of it, and servers for tunnels to reach. `dispose` leaves nothing behind.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { ExecStart, TunnelTarget } from "@cke/protocol";
import { WrapperFixture } from "@cke/wrapper/testing/wrapper-fixture";
import * as grpc from "@grpc/grpc-js";
import { WrapperStreams } from "../streams/wrapper-streams.ts";
import { GrpcWrapperClient } from "../wrapper/grpc-wrapper-client.ts";

export const sh = (script: string) => ["/bin/sh", "-c", script];
export const never = new AbortController().signal;
/** For conditions that come true when the machine has time. */
export const patience = { timeout: 240_000 };

type ExecInit = Parameters<typeof ExecStart.create>[0];

export interface EndedCommand {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly code: number;
  readonly signal: string;
}

export class StreamFixture {
  readonly wrapper: WrapperFixture;
  readonly client: GrpcWrapperClient;
  readonly streams: WrapperStreams;
  /** As to a wrapper of the first version, which has none of the later abilities. */
  readonly earlier: WrapperStreams;
  readonly #servers: Server[] = [];

  private constructor(wrapper: WrapperFixture, client: GrpcWrapperClient) {
    this.wrapper = wrapper;
    this.client = client;
    this.streams = client.streams;
    this.earlier = new WrapperStreams(grpc, wrapper.socket, async () => ({ features: [], tunnelSocket: "" }));
  }

  /** `environment` is added to the wrapper's. */
  static async start(environment: NodeJS.ProcessEnv = {}): Promise<StreamFixture> {
    const wrapper = await WrapperFixture.start({ environment });
    return new StreamFixture(wrapper, await GrpcWrapperClient.open(wrapper.socket));
  }

  async dispose(): Promise<void> {
    this.closeServers();
    this.client.close();
    this.earlier.close();
    await this.wrapper.dispose();
  }

  closeServers(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  /** A server, by default on a UNIX socket: there the kernel holds less of what nobody reads than for TCP. */
  async listen(handle: (socket: Socket) => void, kind: "unix" | "tcp" = "unix"): Promise<TunnelTarget> {
    const path = join(this.wrapper.directory, `${this.#servers.length}.sock`);
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {});
      handle(socket);
    });
    this.#servers.push(server);
    if (kind === "unix") server.listen(path);
    else server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const value = typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : path;
    return TunnelTarget.create({ target: { kind: kind === "unix" ? "unixSocket" : "tcpAddress", value } });
  }

  /** Runs a command to its end, with all of its input at once. */
  async run(init: ExecInit, input = Buffer.alloc(0)): Promise<EndedCommand> {
    const command = this.streams.exec(ExecStart.create(init), never);
    const sent = command
      .send({ input: { kind: "stdin", value: input } })
      .then(() => command.send({ input: { kind: "stdinEnd", value: true } }));
    const printed: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
    let exit = { code: -2, signal: "" };
    for await (const { output } of command.output) {
      if (output?.kind === "stdout" || output?.kind === "stderr") printed[output.kind].push(output.value);
      if (output?.kind === "exit") exit = output.value;
    }
    await sent;
    return { ...exit, stdout: Buffer.concat(printed.stdout), stderr: Buffer.concat(printed.stderr) };
  }

  /** A command that has started: its pid, and the rest of its output. */
  async start(init: ExecInit, signal = never) {
    const command = this.streams.exec(ExecStart.create(init), signal);
    const output = command.output[Symbol.asyncIterator]();
    const first = await output.next();
    if (first.done || first.value.output?.kind !== "startedPid") throw new Error("it has not started");
    return { command, output, pid: first.value.output.value };
  }
}
