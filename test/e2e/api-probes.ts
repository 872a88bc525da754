// Uses a cluster once a second, as its users do: kubectl, a watch with somebody who writes, a Service. Each notes how long it had no
// answer.
import { setTimeout as delay } from "node:timers/promises";

/** Between two questions of a probe. A gap is that long at least. */
export const probeEveryMs = 1_000;
export const probeNames = ["kubectl", "watch", "service"] as const;
type ProbeName = (typeof probeNames)[number];

/** How long something had no success. */
export class Gaps {
  #last = performance.now();
  #longest = 0;
  successes = 0;

  success(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
    this.successes += 1;
  }

  /** The longest time without a success since the last call, in ms. */
  take(): number {
    const longest = Math.max(this.#longest, performance.now() - this.#last);
    this.#longest = 0;
    return Math.round(longest);
  }
}

/** Repeats `once` every second until `signal`; an error is noted, and tried again soon. */
async function repeat(signal: AbortSignal, gaps: Gaps, errors: string[], once: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const began = performance.now();
    try {
      await once();
      gaps.success();
      await delay(Math.max(0, probeEveryMs - (performance.now() - began)), undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      const words = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : String(error);
      errors.push(`${new Date().toISOString()} ${words.split("\n").slice(0, 3).join(" ").slice(0, 300)}`);
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
  }
}

export interface ProbeParts {
  readonly kubectl: (...args: string[]) => Promise<string>;
  /** URL that the cluster's API begins with, and what a request needs to be the administrator's. */
  readonly api: string;
  readonly authorization: string;
  /** Address of the Service. */
  readonly service: string;
}

/** A ConfigMap in the namespace default. */
const beat = "/api/v1/namespaces/default/configmaps/beat";

export class ApiProbes {
  readonly gaps = { kubectl: new Gaps(), watch: new Gaps(), service: new Gaps() };
  /** The writer's too: what it does not write nobody sees. */
  readonly errors = {
    kubectl: [] as string[],
    watch: [] as string[],
    service: [] as string[],
    writer: [] as string[],
  };
  readonly #parts: ProbeParts;
  readonly #end = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { kubectl, service } = this.#parts;
    const { signal } = this.#end;
    await kubectl("create", "configmap", "beat", "--from-literal=n=0");
    this.#running.push(
      repeat(signal, this.gaps.kubectl, this.errors.kubectl, async () => {
        await kubectl("get", "pod", "web", "-o", "name", "--request-timeout=5s");
      }),
      this.#writeOn(),
      repeat(signal, this.gaps.service, this.errors.service, async () => {
        const init = { signal: AbortSignal.timeout(5_000), headers: { connection: "close" } };
        const text = await (await fetch(service, init)).text();
        if (!text.includes("served")) throw new Error(text.slice(0, 80));
      }),
      this.#watch(),
    );
  }

  /** Of each probe the longest time without a success since the last call, in ms. */
  take(): Readonly<Record<ProbeName, number>> {
    const { kubectl, watch, service } = this.gaps;
    return { kubectl: kubectl.take(), watch: watch.take(), service: service.take() };
  }

  /** What failed since the last call. */
  takeErrors(): readonly string[] {
    return Object.entries(this.errors).flatMap(([who, list]) => list.splice(0).map((line) => `${who}: ${line}`));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#running);
  }

  /**
   * A write each second, whatever became of the last one: what an etcd leader has taken and not passed on when it dies
   * is answered only after seven seconds (etcd's own limit), and others need not wait for it.
   */
  async #writeOn(): Promise<void> {
    const { signal } = this.#end;
    const writing = new Set<Promise<void>>();
    for (let count = 1; !signal.aborted; count += 1) {
      const write = this.#write(count)
        .catch((error: unknown) => void this.errors.writer.push(`${new Date().toISOString()} ${String(error)}`))
        .finally(() => writing.delete(write));
      writing.add(write);
      await delay(probeEveryMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(writing);
  }

  async #write(count: number): Promise<void> {
    const headers = { authorization: this.#parts.authorization, "content-type": "application/merge-patch+json" };
    const body = JSON.stringify({ data: { n: String(count) } });
    const init = { method: "PATCH", headers, body, signal: AbortSignal.timeout(10_000) };
    const answer = await fetch(`${this.#parts.api}${beat}`, init);
    if (!answer.ok) throw new Error(`PATCH: ${answer.status} ${(await answer.text()).slice(0, 100)}`);
  }

  /** One watch after the other: a client begins again where the last one broke. Every event counts. */
  async #watch(): Promise<void> {
    const { api, authorization } = this.#parts;
    const query = "watch=true&fieldSelector=metadata.name%3Dbeat";
    while (!this.#end.signal.aborted) {
      try {
        const url = `${api}/api/v1/namespaces/default/configmaps?${query}`;
        const answer = await fetch(url, { headers: { authorization }, signal: this.#end.signal });
        if (!answer.ok || answer.body === null) throw new Error(`watch: ${answer.status}`);
        for await (const _ of answer.body) this.gaps.watch.success();
      } catch (error) {
        if (this.#end.signal.aborted) return;
        const words = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : String(error);
        this.errors.watch.push(`${new Date().toISOString()} ${words}`);
        await delay(100);
      }
    }
  }
}
