// Stands between one scheduler and the Mesos master and writes down every call that passes, for tests.
import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { z } from "zod";

const id = z.object({ value: z.string() });
const callSchema = z.looseObject({
  type: z.string(),
  framework_id: id.optional(),
  kill: z.object({ task_id: id }).optional(),
});

export interface TappedCall {
  readonly type: string;
  readonly frameworkId: string | undefined;
  /** Of a KILL. */
  readonly killed: string | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
}

export class MesosTap {
  readonly calls: TappedCall[] = [];
  readonly #server: Server;
  readonly #master: URL;

  private constructor(master: string) {
    this.#master = new URL(`http://${master}`);
    this.#server = createServer((request, response) => void this.#pass(request, response));
  }

  /** In front of the master at `host:port`. */
  static async start(master: string): Promise<MesosTap> {
    const tap = new MesosTap(master);
    await once(tap.#server.listen(0, "127.0.0.1"), "listening");
    return tap;
  }

  /** `host:port` for a scheduler. */
  get address(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  /** Calls of these types since a moment. */
  since(at: number, ...types: readonly string[]): readonly TappedCall[] {
    return this.calls.filter((call) => call.at >= at && (types.length === 0 || types.includes(call.type)));
  }

  /** Ids of the tasks that were to be killed. */
  killed(): readonly string[] {
    return this.calls.flatMap(({ killed }) => killed ?? []);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    request.on("error", () => response.destroy());
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const call = callSchema.safeParse(JSON.parse(body.toString("utf8")));
    const { type = "?", framework_id, kill } = call.data ?? {};
    this.calls.push({ type, frameworkId: framework_id?.value, killed: kill?.task_id.value, at: performance.now() });
    const { hostname, port } = this.#master;
    const { method, url, headers } = request;
    const upstream = httpRequest({ hostname, port, method, path: url, headers, agent: false });
    const end = () => {
      upstream.destroy();
      response.destroy();
    };
    upstream.on("error", end);
    response.on("error", end);
    response.on("close", () => upstream.destroy());
    upstream.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on("error", end);
      answer.pipe(response);
    });
    upstream.end(body);
  }
}
