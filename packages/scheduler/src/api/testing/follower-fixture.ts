// A follower with real sockets and scripted leaders, for the tests of forwarding.
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { OtherLeader } from "../../leadership/standing.ts";
import { type ApiFixture, createApiFixture } from "./api-fixture.ts";

export class Follower {
  readonly api: ApiFixture;
  readonly url: string;
  /** Those of `followScripted`. */
  readonly leaders: ScriptedLeader[] = [];
  #gone = new AbortController();

  private constructor(api: ApiFixture, url: string) {
    this.api = api;
    this.url = url;
  }

  static async start(options: Parameters<typeof createApiFixture>[0] = {}): Promise<Follower> {
    const api = await createApiFixture(options);
    const { port } = await api.server.listen("127.0.0.1:0");
    return new Follower(api, `http://127.0.0.1:${port}`);
  }

  /** Makes the follower see the scheduler at this URL as the leader. */
  follow(url: string): void {
    this.#gone = new AbortController();
    const leader: OtherLeader = { address: { id: url, url }, gone: this.#gone.signal };
    this.api.setStanding({ kind: "follower", leader, lastLeader: leader, memory: undefined });
  }

  /** Starts a leader that answers like this, and follows it. */
  async followScripted(answer: Answer): Promise<ScriptedLeader> {
    const leader = await ScriptedLeader.start(answer);
    this.leaders.push(leader);
    this.follow(leader.url);
    return leader;
  }

  /** Stops the follower and its scripted leaders. */
  async stop(): Promise<void> {
    await this.api.close();
    await Promise.all(this.leaders.map((leader) => leader.stop()));
  }

  /** Sends exactly this request; fetch would add headers of its own. */
  async ask(method: string, path: string, headers: Record<string, string> = {}, body = Buffer.alloc(0)) {
    const request = httpRequest(`${this.url}${path}`, { method, headers });
    request.end(body);
    const [response]: IncomingMessage[] = await once(request, "response");
    if (response === undefined) throw new Error("no answer");
    return { status: response.statusCode, headers: response.headers, body: (await bytesOf(response)).toString() };
  }

  /** Tells the follower that another scheduler leads now. */
  leaderChanges(): void {
    this.#gone.abort(new Error("another scheduler leads now"));
  }
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server that answers with the test's handler. */
export class ScriptedLeader {
  readonly server: Server;
  readonly url: string;

  private constructor(server: Server) {
    this.server = server;
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  static async start(answer: Answer): Promise<ScriptedLeader> {
    const server = createServer(answer);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return new ScriptedLeader(server);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

/** All bytes of a stream. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Answers what was asked, with two cookies, a status and a reason of its own. */
export const echo: Answer = (request, response) => {
  void bytesOf(request).then((body) => {
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.writeHead(207, "Very Well", { "content-type": "application/json", "x-own": "1" });
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, sha256: sha256(body) }));
  });
};

export const sha256 = (body: Uint8Array | string) => createHash("sha256").update(body).digest("hex");
