// One server behind the balancer: it is checked every two seconds, at once when its connection breaks, and its connections are closed
// as soon as it is known to be down.
import { connect, type Socket } from "node:net";
import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import type { NetworkAddress } from "../validation/network-address.ts";
import { observationOf, TargetCheck } from "./target-check.ts";
import { type Candidate, type Observation, observed, type TargetState, unknown } from "./target-state.ts";

export interface BalancerTimes {
  /** Between two checks of a server. */
  readonly checkMs: number;
  /** How long a check or a new connection may take. */
  readonly answerMs: number;
}

export const usualTimes: BalancerTimes = { checkMs: 2_000, answerMs: 2_000 };

/** Between two checks, whatever happens. */
const restMs = 100;

export interface TargetOptions {
  readonly address: NetworkAddress;
  /** As it was given: "10.77.0.20:6443". */
  readonly name: string;
  readonly healthPath: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly times: BalancerTimes;
}

export class Target implements Candidate {
  readonly name: string;
  readonly #options: TargetOptions;
  readonly #check: TargetCheck;
  readonly #sockets = new Set<Socket>();
  readonly #stopped = new AbortController();
  #state: TargetState = unknown;
  #soon = new AbortController();

  constructor(options: TargetOptions) {
    const { address, healthPath, times } = options;
    this.name = options.name;
    this.#options = options;
    this.#check = new TargetCheck(address, healthPath, times.answerMs, () => this.observe("lost"));
    void this.#run();
  }

  get state(): TargetState {
    return this.#state;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** A connection to it; undefined when there is none in time. */
  async open(signal: AbortSignal): Promise<Socket | undefined> {
    const { address, times } = this.#options;
    const socket = connect({ ...address, allowHalfOpen: true });
    const { promise, resolve } = Promise.withResolvers<Observation | "open" | "given up">();
    const timer = setTimeout(() => resolve("silent"), times.answerMs);
    const giveUp = () => resolve("given up");
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("connect", () => resolve("open"));
    // It stays: whoever uses the connection sees its end.
    socket.on("error", (error) => resolve(observationOf(error)));
    const outcome = await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    if (outcome === "open" && !this.#stopped.signal.aborted) {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      return socket;
    }
    socket.destroy();
    if (outcome !== "open" && outcome !== "given up") this.observe(outcome);
    return undefined;
  }

  /** Something was seen of it. What is bad is checked at once. */
  observe(observation: Observation): void {
    if (this.#stopped.signal.aborted) return;
    const before = this.#state.kind;
    this.#state = observed(this.#state, observation);
    const { kind } = this.#state;
    if (kind === "down") this.#close();
    if (kind !== before)
      this.#options.logger.info(`the API server at ${this.name} is ${kind}`, { connections: this.connections });
    if (observation === "lost") this.#soon.abort();
  }

  stop(): void {
    this.#stopped.abort();
    this.#check.stop();
    this.#close();
  }

  async #run(): Promise<void> {
    const { clock, times } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      this.#soon = new AbortController();
      this.observe(await this.#check.run());
      // A server that ends every connection must not be asked all the time.
      await clock.sleep(Math.min(restMs, times.checkMs), signal).catch(() => undefined);
      await clock.sleep(times.checkMs, AbortSignal.any([signal, this.#soon.signal])).catch(() => undefined);
    }
  }

  #close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
