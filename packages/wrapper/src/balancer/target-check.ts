// Asks a server over https, on a connection that is kept, whether it is well. No credentials are sent, so whoever answers gets
// nothing; its certificate is not looked at.
import type { Agent, RequestOptions } from "node:https";
import type { Socket } from "node:net";
import { errnoOf } from "../errors/wrapper-error.ts";
import type { NetworkAddress } from "../validation/network-address.ts";
import type { Observation } from "./target-state.ts";

const refusals: ReadonlySet<string> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EACCES"]);

/** What an error of a connection says about the server. */
export function observationOf(error: unknown): Observation {
  const code = errnoOf(error) ?? "";
  if (code === "ETIMEDOUT") return "silent";
  return refusals.has(code) ? "refused" : "lost";
}

export class TargetCheck {
  readonly #address: NetworkAddress;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #onLost: () => void;
  readonly #known = new WeakSet<Socket>();
  #agent: Agent | undefined;
  #asking = false;

  /** `onLost`: the kept connection has ended between two checks. */
  constructor(address: NetworkAddress, path: string, timeoutMs: number, onLost: () => void) {
    this.#address = address;
    this.#path = path;
    this.#timeoutMs = timeoutMs;
    this.#onLost = onLost;
  }

  /** Never rejects. */
  async run(): Promise<Observation> {
    // Loaded when it is needed: a master's wrapper has no balancer.
    const { Agent, request } = await import("node:https");
    this.#agent ??= new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, servername: "" });
    const { host, port } = this.#address;
    const options: RequestOptions = {
      agent: this.#agent,
      host,
      port,
      path: this.#path,
      headers: { host: "localhost" },
    };
    this.#asking = true;
    try {
      return await new Promise<Observation>((resolve) => {
        const asked = request(options, (answer) => {
          const status = answer.statusCode ?? 0;
          answer.resume();
          this.#watch(answer.socket);
          // An answer that is not about its health (who are you?) is an answer all the same.
          answer.once("end", () => resolve(status < 500 ? "well" : "unready"));
          answer.once("error", (error) => resolve(observationOf(error)));
        });
        const timer = setTimeout(() => {
          resolve("silent");
          asked.destroy();
        }, this.#timeoutMs);
        asked.once("close", () => clearTimeout(timer));
        asked.on("error", (error) => resolve(observationOf(error)));
        asked.end();
      });
    } finally {
      this.#asking = false;
    }
  }

  stop(): void {
    this.#agent?.destroy();
  }

  /** Of a connection that has answered: its end says something. */
  #watch(socket: Socket): void {
    if (this.#known.has(socket)) return;
    this.#known.add(socket);
    socket.once("close", () => {
      if (!this.#asking) this.#onLost();
    });
  }
}
