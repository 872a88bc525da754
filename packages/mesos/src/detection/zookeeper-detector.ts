// Finds the leading master as Mesos' own library does: the member with the lowest number below the masters' path in
// ZooKeeper. Watches it from the first question until `close`. While ZooKeeper is away the last known leader holds.
import { Backoff, CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { MasterDetector } from "./detector.ts";
import { describeEndpoint, hostAndPortText, type MasterAddress, type MesosEndpoint } from "./master-address.ts";
import { leadingMember, masterEndpoint } from "./master-info.ts";
import { openZooKeeperGroup, type ZooKeeperGroup } from "./zookeeper-group.ts";

export interface ZooKeeperDetectorOptions {
  readonly address: Extract<MasterAddress, { kind: "zookeeper" }>;
  /** How the masters speak: their nodes do not say it. */
  readonly protocol: MesosEndpoint["protocol"];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opens a session; default a real one. */
  readonly open?: (lost: () => void) => Promise<ZooKeeperGroup>;
  readonly timing?: Partial<ZooKeeperTiming>;
}

/** All in milliseconds. */
export interface ZooKeeperTiming {
  /** Longest wait for a connection or an answer of ZooKeeper. */
  readonly answerMs: number;
  /** The members are read again at least this often: a server that hangs sends no events. */
  readonly pollMs: number;
  /** Longest wait of `masters` for a leader. */
  readonly leaderMs: number;
  readonly backoffMaxMs: number;
}

const defaultTiming: ZooKeeperTiming = { answerMs: 5_000, pollMs: 5_000, leaderMs: 15_000, backoffMaxMs: 5_000 };

export class ZooKeeperDetector implements MasterDetector {
  readonly #options: ZooKeeperDetectorOptions;
  readonly #timing: ZooKeeperTiming;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(leader: MesosEndpoint) => void>();
  #running: Promise<void> | undefined;
  #leader: MesosEndpoint | undefined;
  /** Which server is next: the first one by chance, so that not all clients ask the same. */
  #turn = Math.floor(Math.random() * 1024);
  #problem = "nothing was heard from ZooKeeper yet";

  constructor(options: ZooKeeperDetectorOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  /** Rejects with a retryable CkeError `mesos_no_leader` when none is known for `leaderMs`. */
  async masters(signal: AbortSignal): Promise<readonly MesosEndpoint[]> {
    this.#running ??= this.#run();
    if (this.#leader !== undefined) return [this.#leader];
    const { clock } = this.#options;
    const found = Promise.withResolvers<MesosEndpoint | undefined>();
    const unwatch = this.watch(found.resolve);
    const cancel = clock.after(this.#timing.leaderMs, () => found.resolve(undefined));
    const abort = () => found.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      const leader = await found.promise;
      if (leader !== undefined) return [leader];
    } finally {
      unwatch();
      cancel();
      signal.removeEventListener("abort", abort);
    }
    throw new CkeError("mesos_no_leader", `no leading Mesos master is known: ${this.#problem}`, {
      retryable: true,
      status: 503,
    });
  }

  watch(moved: (leader: MesosEndpoint) => void): () => void {
    const listener = (leader: MesosEndpoint) => moved(leader);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error("the detector was closed"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stop;
    const backoff = new Backoff({ baseMs: 200, maxMs: this.#timing.backoffMaxMs });
    while (!signal.aborted) {
      try {
        await this.#session(() => backoff.reset());
      } catch (error) {
        if (signal.aborted) return;
        this.#problem = messageOf(error);
        logger.warning("the leading Mesos master cannot be looked up in ZooKeeper", { reason: this.#problem });
      }
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }

  /** Follows the election until the session is over. */
  async #session(healthy: () => void): Promise<void> {
    const { address, clock } = this.#options;
    const { answerMs, pollMs } = this.#timing;
    const { signal } = this.#stop;
    const lost = new AbortController();
    const { servers, path } = address;
    const server = servers[this.#turn++ % servers.length];
    if (server === undefined) throw new TypeError("there is no ZooKeeper server to ask");
    const onLost = () => lost.abort(new Error("the connection to ZooKeeper was lost"));
    const open = this.#options.open ?? ((over) => openZooKeeperGroup({ server, path, timeoutMs: answerMs }, over));
    const group = await open(onLost);
    const over = AbortSignal.any([signal, lost.signal]);
    let member: string | undefined;
    try {
      for (;;) {
        over.throwIfAborted();
        const changed = new AbortController();
        const children = await this.#answer(
          group.children(() => changed.abort()),
          over,
        );
        healthy();
        const leading = leadingMember(children);
        if (leading === undefined) this.#nobody();
        else if (leading !== member) {
          const data = await this.#answer(group.data(leading), over);
          // Gone between the two questions: the members have changed, and are asked for again.
          if (data !== undefined) this.#leads(leading, data);
          member = data === undefined ? undefined : leading;
        }
        const early = AbortSignal.any([over, changed.signal]);
        await clock.sleep(pollMs, early).catch((error: unknown) => {
          if (!early.aborted) throw error;
        });
      }
    } finally {
      group.close();
    }
  }

  async #answer<T>(question: Promise<T>, over: AbortSignal): Promise<T> {
    const { promise: never, reject } = Promise.withResolvers<never>();
    const { answerMs } = this.#timing;
    const cancel = this.#options.clock.after(answerMs, () =>
      reject(
        new CkeError("zookeeper_unreachable", `ZooKeeper gives no answer within ${answerMs / 1000} s`, {
          retryable: true,
        }),
      ),
    );
    const abort = () => reject(over.reason);
    over.addEventListener("abort", abort, { once: true });
    if (over.aborted) abort();
    question.catch(() => {});
    try {
      return await Promise.race([question, never]);
    } finally {
      cancel();
      over.removeEventListener("abort", abort);
    }
  }

  #nobody(): void {
    const { servers, path } = this.#options.address;
    const place = `zk://${servers.map(hostAndPortText).join(",")}${path}`;
    this.#problem = `no master has registered itself at ${place}`;
  }

  #leads(member: string, data: Uint8Array): void {
    const { logger, protocol } = this.#options;
    const leader = masterEndpoint(data, protocol);
    if (leader === undefined) {
      this.#problem = `what the leading master wrote into ${member} is not understood`;
      logger.warning("the leading Mesos master cannot be read from ZooKeeper", { member });
      return;
    }
    if (this.#leader !== undefined && describeEndpoint(this.#leader) === describeEndpoint(leader)) return;
    logger.info("ZooKeeper names the leading Mesos master", { master: describeEndpoint(leader), member });
    this.#leader = leader;
    for (const listener of [...this.#listeners]) listener(leader);
  }
}
