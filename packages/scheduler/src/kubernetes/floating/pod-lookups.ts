// Asks a cluster's API server for the pods that floating addresses follow: a few at once, and not on when it does not answer.
import { messageOf } from "@cke/foundation";
import { ClusterUnreachableError, KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import type { PodName, SeenPod } from "../network/floating-spec.ts";
import { seenPod } from "./followed-pod.ts";

/** Of one cluster. */
const requestsAtOnce = 16;
/** One answer may be lost with its connection. */
const unansweredMax = 2;
const answerMs = 5_000;

export interface PodLookups {
  readonly client: KubernetesClient;
  readonly cluster: string;
  /** The range of its pods. */
  readonly range: string;
}

export const podKey = ({ namespace, name }: PodName) => `${namespace}/${name}`;

/**
 * What is known of each of them, by podKey. Never rejects: what fails concerns its own pod. When answers are missing, nobody is asked any more.
 */
export async function lookUpPods(
  lookups: PodLookups,
  pods: readonly PodName[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SeenPod>> {
  const seen = new Map<string, SeenPod>();
  const rest = pods.values();
  let unanswered = 0;
  let problem = "";
  const seenOf = async (pod: PodName): Promise<SeenPod> => {
    if (unanswered >= unansweredMax || signal.aborted) return { problem, unknown: true };
    try {
      return await lookUp(lookups, pod, signal);
    } catch (error) {
      if (error instanceof ClusterUnreachableError) {
        unanswered += 1;
        problem = messageOf(error);
      }
      return { problem: messageOf(error), unknown: true };
    }
  };
  const work = async () => {
    for (const pod of rest) seen.set(podKey(pod), await seenOf(pod));
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, work));
  return seen;
}

async function lookUp({ client, cluster, range }: PodLookups, pod: PodName, signal: AbortSignal): Promise<SeenPod> {
  const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}`;
  try {
    return seenPod(await client.request(cluster, { method: "GET", path, signal, timeoutMs: answerMs }), range);
  } catch (error) {
    if (error instanceof KubernetesApiError && error.status === 404) return { problem: "there is no such pod" };
    throw error;
  }
}
