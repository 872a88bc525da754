// Events of Services, as `kubectl describe` shows them: why one has no address, or not the one that it asks for.
import { createHash } from "node:crypto";
import { boundedText } from "@cke/foundation";
import { KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import type { Refusal } from "./address-allocation.ts";
import type { RequestRow } from "./request-row.ts";

/** An API server forgets events after an hour (its --event-ttl). */
const againMs = 45 * 60_000;
const maxMessageBytes = 1_000;
/** Events of one round: thousands of Services may wait for an address. */
const mostAtOnce = 50;
const postMs = 5_000;

export class ServiceEvents {
  readonly #client: KubernetesClient;
  readonly #cluster: string;
  /** What was told last of a Service, by uid, and when. */
  readonly #told = new Map<string, { readonly message: string; readonly atMs: number }>();

  constructor(client: KubernetesClient, cluster: string) {
    this.#client = client;
    this.#cluster = cluster;
  }

  /** Tells what was not told yet, or long ago. True when there is more to tell, in a later round. What fails is in the row. */
  async tell(refusals: readonly Refusal[], now: number, row: RequestRow, signal: AbortSignal): Promise<boolean> {
    let left = mostAtOnce;
    const refused = new Set(refusals.map(({ service }) => service.uid));
    for (const uid of this.#told.keys()) if (!refused.has(uid)) this.#told.delete(uid);
    for (const refusal of refusals) {
      const before = this.#told.get(refusal.service.uid);
      if (before?.message === refusal.message && now - before.atMs < againMs) continue;
      if (left === 0 || row.isOver) return true;
      left -= 1;
      const outcome = await row.make(signal, async () => await this.#post(refusal, now, signal));
      if (outcome === "done") this.#told.set(refusal.service.uid, { message: refusal.message, atMs: now });
    }
    return false;
  }

  async #post({ service, message }: Refusal, now: number, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = service;
    const hash = createHash("sha256").update(`${uid} ${message}`).digest("hex").slice(0, 16);
    const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
    const body = {
      ...{ apiVersion: "v1", kind: "Event", type: "Warning", reason: "AddressRefused" },
      // The same refusal has the same name, so that another scheduler does not tell it twice.
      metadata: { namespace, name: `${name}.${hash}` },
      involvedObject: { apiVersion: "v1", kind: "Service", namespace, name, uid },
      message: boundedText(message, { maxBytes: maxMessageBytes }),
      ...{ firstTimestamp: time, lastTimestamp: time, count: 1 },
      source: { component: "cke-scheduler" },
    };
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    try {
      await this.#client.request(this.#cluster, { method: "POST", path, body, signal, timeoutMs: postMs });
    } catch (error) {
      // It is there already, or its namespace is being deleted.
      if (!(error instanceof KubernetesApiError && [403, 404, 409].includes(error.status))) throw error;
    }
  }
}
