// A TCP balancer on a loopback address of the node: each connection goes to one of several servers, the first that takes it. When a
// server is gone its connections are closed at once, so that clients come again and reach another one.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { parseAddress } from "../validation/network-address.ts";
import { type BalancerTimes, Target, usualTimes } from "./target.ts";
import { inOrder } from "./target-state.ts";

export interface BalancerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly times?: BalancerTimes;
}

export interface BalancerSetting {
  readonly listen: string;
  /** Addresses; the order says which one is tried first when nothing else decides. */
  readonly targets: readonly string[];
  /** What a server is asked over https to find out whether it is well. */
  readonly healthPath: string;
}

/** Of a node: kubelet, kube-proxy and a person's kubectl need a handful. */
const maxConnections = 1_024;
/** A peer that has gone without a word is noticed by the kernel's probes. */
const keepAliveMs = 10_000;

export class Balancer {
  readonly #options: BalancerOptions;
  readonly #clients = new Set<Socket>();
  #server: Server | undefined;
  #listen = "";
  #targets: readonly Target[] = [];
  #healthPath = "";
  /** Settings are applied one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: BalancerOptions) {
    this.#options = options;
  }

  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** From now on it is this. What stays the same is not touched. Throws WrapperError `failed_precondition` when the port is taken. */
  async set(setting: BalancerSetting): Promise<void> {
    const done = this.#last.then(() => this.#apply(setting));
    this.#last = done.catch(() => undefined);
    await done;
  }

  async close(): Promise<void> {
    for (const target of this.#targets) target.stop();
    this.#targets = [];
    await this.#stopListening();
  }

  async #apply({ listen, targets, healthPath }: BalancerSetting): Promise<void> {
    const kept = healthPath === this.#healthPath ? this.#targets.filter(({ name }) => targets.includes(name)) : [];
    const gone = this.#targets.filter((target) => !kept.includes(target));
    this.#healthPath = healthPath;
    this.#targets = targets.map((name) => kept.find((target) => target.name === name) ?? this.#target(name));
    for (const target of gone) target.stop();
    if (listen === this.#listen && this.#server !== undefined) return;
    await this.#stopListening();
    await this.#startListening(listen);
  }

  #target(name: string): Target {
    const { clock, logger, times = usualTimes } = this.#options;
    const address = parseAddress(name);
    if (address === undefined) throw new WrapperError("invalid_argument", `targets: ${name} is no address`);
    return new Target({ address, name, healthPath: this.#healthPath, clock, logger, times });
  }

  async #startListening(listen: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => void this.#serve(client));
    server.maxConnections = maxConnections;
    try {
      await once(server.listen(parseAddress(listen)), "listening");
    } catch (cause) {
      throw new WrapperError("failed_precondition", `cannot listen at ${listen}: ${errnoWordsOf(cause)}`, { cause });
    }
    server.on("error", (error) => this.#options.logger.error(`the balancer at ${listen}: ${errnoWordsOf(error)}`));
    this.#server = server;
    this.#listen = listen;
  }

  async #stopListening(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const client of this.#clients) client.destroy();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Never rejects. */
  async #serve(client: Socket): Promise<void> {
    const gone = new AbortController();
    this.#clients.add(client);
    client.on("error", () => {});
    client.once("close", () => {
      this.#clients.delete(client);
      gone.abort();
    });
    for (const target of inOrder(this.#targets)) {
      const server = await target.open(gone.signal);
      if (client.destroyed) {
        server?.destroy();
        return;
      }
      if (server === undefined) continue;
      join(client, server);
      return;
    }
    client.destroy();
  }
}

/** Bytes both ways. Each direction ends by itself; when one side breaks, so does the other. */
function join(client: Socket, server: Socket): void {
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.setNoDelay(true);
    one.setKeepAlive(true, keepAliveMs);
    one.pipe(other);
    one.once("close", () => {
      // What has arrived before the end is still delivered.
      if (one.readableEnded) other.end();
      else other.destroy();
    });
  }
}
