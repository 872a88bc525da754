// A list of a cluster's objects that follows the cluster: it is read page by page, then a watch tells what changes. Of each object only what
// is read of it is kept. A watch that ends goes on where it ended; only when the API server has forgotten that place the list is read anew.
import { CkeError, type Clock } from "@cke/foundation";
import { z } from "zod";
import { KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import type { KubernetesWatches } from "../access/kubernetes-watch.ts";

export interface WatchedParts<Kept> {
  readonly client: KubernetesClient;
  readonly watches: KubernetesWatches;
  readonly clock: Clock;
  readonly cluster: string;
  /** "/api/v1/services" */
  readonly path: string;
  /** Of list and watch, in this order: the next one is taken where an API server does not know a selector (400). */
  readonly selectors: readonly Readonly<Record<string, string>>[];
  /** Undefined for an object that does not matter. */
  readonly read: (object: unknown) => Kept | undefined;
  /** All objects are known, or one has changed. */
  readonly onChange: () => void;
  /** The API server has just answered. */
  readonly onAnswer: () => void;
}

const pageSize = 500;
/** The API server ends a watch after this time, and this program begins the next one. */
const watchSeconds = 600;
/** It tells its place every minute where nothing happens. A watch that is silent for longer is dead. */
const silenceMs = 150_000;

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().default("") }),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});
const eventSchema = z.object({ type: z.string(), object: z.unknown() });
const placeSchema = z.object({ metadata: z.object({ uid: z.string().default(""), resourceVersion: z.string() }) });
const statusSchema = z.object({
  code: z.number().default(0),
  reason: z.string().default(""),
  message: z.string().default(""),
});

export class WatchedObjects<Kept extends { readonly uid: string }> {
  readonly #parts: WatchedParts<Kept>;
  readonly #objects = new Map<string, Kept>();
  #place = "";
  #selector = 0;

  constructor(parts: WatchedParts<Kept>) {
    this.#parts = parts;
  }

  /** Undefined while they were never read. */
  get all(): readonly Kept[] | undefined {
    return this.#place === "" ? undefined : [...this.#objects.values()];
  }

  /** What this program itself has just written. */
  put(object: unknown): void {
    this.#keep(object);
  }

  /** Follows until something fails; rejects then, or with what `signal` was aborted with. Call it again: it goes on. */
  async follow(signal: AbortSignal): Promise<never> {
    for (;;) {
      if (this.#place === "") await this.#list(signal);
      try {
        await this.#watch(signal);
      } catch (error) {
        if (!isForgotten(error)) throw error;
        this.#place = "";
      }
      signal.throwIfAborted();
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, cluster, onChange, onAnswer } = this.#parts;
    const found: Kept[] = [];
    let place = "";
    let next = "";
    let limit = pageSize;
    do {
      const path = this.#query({ limit: String(limit), ...(next === "" ? {} : { continue: next }) });
      const answer = await client.request(cluster, { method: "GET", path, signal }).catch((error: unknown) => {
        if (isTooLarge(error) && limit > 1) limit = Math.ceil(limit / 2);
        else if (!this.#otherSelector(error)) throw error;
        return undefined;
      });
      if (answer === undefined) continue;
      const { metadata, items } = listSchema.parse(answer);
      for (const item of items) {
        const kept = this.#parts.read(item);
        if (kept !== undefined) found.push(kept);
      }
      [place, next] = [metadata.resourceVersion, metadata.continue];
    } while (next !== "" || place === "");
    this.#objects.clear();
    for (const kept of found) this.#objects.set(kept.uid, kept);
    this.#place = place;
    onAnswer();
    onChange();
  }

  /** True when the API server does not know the selector, and there is another one. */
  #otherSelector(error: unknown): boolean {
    const isUnknown = error instanceof KubernetesApiError && error.status === 400;
    if (!isUnknown || this.#selector + 1 >= this.#parts.selectors.length) return false;
    this.#selector += 1;
    return true;
  }

  /** Resolves when the API server has ended it in order. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { watches, clock, cluster, onChange, onAnswer } = this.#parts;
    const silent = new AbortController();
    const ends = AbortSignal.any([signal, silent.signal]);
    const wait = () =>
      clock.after(silenceMs, () => silent.abort(new CkeError("silent", "a watch has been silent for too long")));
    let cancel = wait();
    const path = this.#query({
      ...{ watch: "true", allowWatchBookmarks: "true", timeoutSeconds: String(watchSeconds) },
      resourceVersion: this.#place,
    });
    try {
      for await (const line of watches.watch(cluster, path, ends)) {
        cancel();
        cancel = wait();
        onAnswer();
        if (this.#take(line)) onChange();
      }
    } finally {
      cancel();
    }
  }

  /** True when an object that matters has changed. */
  #take(line: unknown): boolean {
    const { type, object } = eventSchema.parse(line);
    if (type === "ERROR") {
      const { code, reason, message } = statusSchema.parse(object);
      throw new KubernetesApiError(this.#parts.cluster, { status: code, reason, message });
    }
    const { uid, resourceVersion } = placeSchema.parse(object).metadata;
    this.#place = resourceVersion;
    if (type === "BOOKMARK") return false;
    const before = this.#objects.get(uid);
    if (type === "DELETED") this.#objects.delete(uid);
    else if (this.#keep(object) === undefined) this.#objects.delete(uid);
    return JSON.stringify(before) !== JSON.stringify(this.#objects.get(uid));
  }

  #keep(object: unknown): Kept | undefined {
    const kept = this.#parts.read(object);
    if (kept !== undefined) this.#objects.set(kept.uid, kept);
    return kept;
  }

  #query(more: Readonly<Record<string, string>>): string {
    const { path, selectors } = this.#parts;
    return `${path}?${new URLSearchParams({ ...selectors[this.#selector], ...more })}`;
  }
}

/** Pages of so many objects are more than is read of one answer. */
const isTooLarge = (error: unknown) => error instanceof KubernetesApiError && error.reason === "AnswerTooLarge";
/** The API server does not know any more what has happened since: 410 (Gone), "Expired". */
const isForgotten = (error: unknown) => error instanceof KubernetesApiError && error.status === 410;
