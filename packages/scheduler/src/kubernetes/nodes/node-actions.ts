// What plans do to a node through its cluster's API: cordon, drain, delete its Node object. Each is idempotent: it looks
// first, and what is done already is not done again.
import { messageOf } from "@cke/foundation";
import { z } from "zod";
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import { isTerminal, unitTaskOf } from "../../workload/records/records.ts";
import { isExpected } from "../../workload/records/removal-state.ts";
import { isReady } from "../../workload/tasks/statuses.ts";
import { ClusterUnreachableError, KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import { isCluster } from "../cluster/cluster-record.ts";
import type { NodeAction, NodeActions } from "../steps/node-action.ts";
import {
  type BlockedPod,
  blockingBudgets,
  budgetListSchema,
  describeDrain,
  isEnding,
  mustGo,
  type Pod,
  podListSchema,
  podName,
} from "./drain-pods.ts";
import { labelAction } from "./node-change.ts";
import { nodeObjectSchema, nodePatch } from "./node-object.ts";
import { forcingRequest, removalOptions, replacementGoal } from "./removal-plan.ts";

/** Annotation of a Node object: id of the plan that has cordoned it for a time. */
const cordonNote = "cke-cordoned";
const cordonedSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ unschedulable: z.boolean().default(false) }).default({ unschedulable: false }),
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .default({ conditions: [] }),
});

/**
 * True while pods may be placed on it, as far as Kubernetes knows: some 40 s longer than its kubelet runs. Then the node controller gives it a
 * taint (`node.kubernetes.io/not-ready` or `unreachable`) until a kubelet is ready there.
 */
const saysReady = ({ status }: z.infer<typeof cordonedSchema>) =>
  status.conditions.some((condition) => condition.type === "Ready" && condition.status === "True");

const done: PlanActionOutcome = { state: "done" };
const podsAtOnce = 500;
/**
 * Of pods, in one round of a drain. A kubelet runs some hundred pods; an API server that always has another page must not take this
 * scheduler's memory. What is beyond is looked at in later rounds.
 */
const pagesAtOnce = 20;
/** By force, pods get this long to end; then the node is ended with them. */
const forcedSeconds = 60;
const forcedReachMs = 15_000;

const is = (error: unknown, status: number) => error instanceof KubernetesApiError && error.status === status;
const part = (text: string) => encodeURIComponent(text);
const nodePath = (node: string) => `/api/v1/nodes/${part(node)}`;
const podPath = ({ metadata: { namespace, name } }: Pod) => `/api/v1/namespaces/${part(namespace)}/pods/${part(name)}`;

/** `now`: UNIX ms. */
export function nodeActions(client: KubernetesClient, now: () => number): NodeActions {
  return new Map([
    ["cordon", reaching(now, async (request) => await cordon(client, request))],
    // It comes when everything runs again: an API server that does not answer for a moment must not leave the node cordoned.
    ["uncordon", reaching(now, async (request) => await uncordon(client, request), { givesUp: false })],
    ["drain", reaching(now, async (request) => await drain(client, request, now()))],
    [labelAction, async (request) => await setLabels(client, request)],
    ["delete-node-object", reaching(now, async (request) => await deleteNodeObject(client, request))],
  ]);
}

/**
 * By force, a cluster whose API does not answer is waited for only as long as a master's restart takes. Without force the
 * answer says what to do.
 */
function reaching(now: () => number, action: NodeAction, { givesUp = true } = {}): NodeAction {
  return async (request) => {
    try {
      return await action(request);
    } catch (error) {
      if (!(error instanceof ClusterUnreachableError)) throw error;
      const force = givesUp && removalOptions(request.plan).force;
      if (force && now() - request.begunAtMs >= forcedReachMs) return done;
      const ways = givesUp ? `${forcingRequest(request.plan)}, or plan/skip` : "plan/skip";
      const help = force
        ? `it is waited for ${forcedReachMs / 1000} s`
        : `it is waited for; to go on without it: ${ways}`;
      return { state: "waits", reason: `the API server does not answer (${messageOf(error)}); ${help}` };
    }
  };
}

/** What is cordoned to be replaced is noted in the object, because it takes pods again; not so what an operator cordoned. */
async function cordon(client: KubernetesClient, request: PlanActionRequest): Promise<PlanActionOutcome> {
  const { plan } = request;
  if (plan.goal !== replacementGoal) {
    await patchNode(client, request, { spec: { unschedulable: true } });
    return done;
  }
  const node = await nodeOf(client, request);
  // What an earlier replacement has cordoned, and has not let pods on again, is this one's now.
  if (node === undefined || (node.spec.unschedulable && node.metadata.annotations[cordonNote] === undefined))
    return done;
  const annotations = { [cordonNote]: plan.id };
  await patchNode(client, request, { metadata: { annotations }, spec: { unschedulable: true } });
  return done;
}

/**
 * Pods may come again: when the other instance runs, when Kubernetes keeps them off itself until then, or when the node is stopped, as with
 * every stop. So nobody has to let them come to an instance that begins much later.
 */
async function uncordon(client: KubernetesClient, request: PlanActionRequest): Promise<PlanActionOutcome> {
  const { workload, unit, record, plan } = request;
  const node = await nodeOf(client, request);
  if (node?.metadata.annotations[cordonNote] !== plan.id) return done;
  const runs = record?.launch !== undefined && isReady(record);
  if (!runs && isExpected(workload, unit) && saysReady(node))
    return { state: "waits", reason: "pods come again when the other instance runs and is healthy" };
  await patchNode(client, request, {
    metadata: { annotations: { [cordonNote]: null } },
    spec: { unschedulable: false },
  });
  return done;
}

/** The Node object; undefined when it never registered, or is gone already. */
async function nodeOf(client: KubernetesClient, { workload, unit, signal }: PlanActionRequest) {
  try {
    const answer = await client.request(workload.spec.name, { method: "GET", path: nodePath(unit), signal });
    return cordonedSchema.parse(answer);
  } catch (error) {
    if (is(error, 404)) return undefined;
    throw error;
  }
}

async function patchNode(
  client: KubernetesClient,
  { workload, unit, signal }: PlanActionRequest,
  body: object,
): Promise<void> {
  const contentType = "application/merge-patch+json";
  try {
    await client.request(workload.spec.name, { method: "PATCH", path: nodePath(unit), body, contentType, signal });
  } catch (error) {
    // It never registered, or its object is gone already.
    if (!is(error, 404)) throw error;
  }
}

async function deleteNodeObject(
  client: KubernetesClient,
  { workload, unit, signal }: PlanActionRequest,
): Promise<PlanActionOutcome> {
  try {
    await client.request(workload.spec.name, { method: "DELETE", path: nodePath(unit), signal });
  } catch (error) {
    if (!is(error, 404)) throw error;
  }
  return done;
}

/** The labels and taints that the specification has now. */
async function setLabels(
  client: KubernetesClient,
  { workload, unit, signal }: PlanActionRequest,
): Promise<PlanActionOutcome> {
  const node = isCluster(workload) ? workload.spec.units.find(({ name }) => name === unit) : undefined;
  if (node === undefined) return done;
  let found: unknown;
  try {
    found = await client.request(workload.spec.name, { method: "GET", path: nodePath(unit), signal });
  } catch (error) {
    if (is(error, 404)) return { state: "waits", reason: "its Node object does not exist yet" };
    throw error;
  }
  const { labels = {}, taints = [] } = node;
  const body = nodePatch(nodeObjectSchema.parse(found), { labels, taints });
  if (body === undefined) return done;
  const contentType = "application/merge-patch+json";
  await client.request(workload.spec.name, { method: "PATCH", path: nodePath(unit), body, contentType, signal });
  return done;
}

interface ListedPods {
  /** Those that must end before the node goes. */
  readonly pods: readonly Pod[];
  /** False: there are more than one round looks at. */
  readonly complete: boolean;
}

async function podsOf(client: KubernetesClient, { workload, unit, signal }: PlanActionRequest): Promise<ListedPods> {
  const pods: Pod[] = [];
  let token = "";
  for (let page = 0; page < pagesAtOnce; page += 1) {
    const query = `fieldSelector=${part(`spec.nodeName=${unit}`)}&limit=${podsAtOnce}${token === "" ? "" : `&continue=${part(token)}`}`;
    const list = podListSchema.parse(
      await client.request(workload.spec.name, { method: "GET", path: `/api/v1/pods?${query}`, signal }),
    );
    pods.push(...list.items.filter(mustGo));
    token = list.metadata.continue;
    if (token === "") return { pods, complete: true };
  }
  return { pods, complete: false };
}

/** True when a kubelet may still end the node's pods. */
function mayRun({ record }: PlanActionRequest): boolean {
  const task = record?.launch === undefined ? undefined : unitTaskOf(record.launch);
  return task !== undefined && !isTerminal(task) && task.state !== "TASK_UNREACHABLE";
}

/** One round: evicts what may go, and says what does not go yet. */
async function drain(client: KubernetesClient, request: PlanActionRequest, now: number): Promise<PlanActionOutcome> {
  const { record, plan, begunAtMs } = request;
  // Nothing runs on it. Its pods go with its Node object.
  if (record?.launch === undefined) return done;
  // A replacement does not wait for what is out of reach: nobody there can end a pod.
  if (plan.goal === replacementGoal && !mayRun(request)) return done;
  const { force, drainSeconds } = removalOptions(plan);
  const { pods, complete } = await podsOf(client, request);
  const blocked: BlockedPod[] = [];
  const budgets = new Map<string, ReturnType<typeof budgetsOf>>();
  for (const pod of pods.filter((one) => !isEnding(one))) {
    const refusal = force ? await remove(client, request, pod) : await evict(client, request, pod);
    if (refusal === "") continue;
    const { namespace } = pod.metadata;
    const known = budgets.get(namespace) ?? budgetsOf(client, request, namespace);
    budgets.set(namespace, known);
    blocked.push({ pod: podName(pod), budgets: blockingBudgets(pod, await known), message: refusal });
    request.report(describeDrain(blocked, []));
  }
  const names = new Set(blocked.map(({ pod }) => pod));
  const ending = pods.map(podName).filter((name) => !names.has(name));
  // A kubelet out of reach does not say that a pod has ended.
  if (complete && blocked.length === 0 && (ending.length === 0 || !mayRun(request))) return done;
  const more = complete ? [] : [`more pods of it are listed than one round looks at (${podsAtOnce * pagesAtOnce})`];
  const reason = [describeDrain(blocked, ending), ...more].filter((words) => words !== "").join("; ");
  const limit = force ? Math.min(drainSeconds, forcedSeconds) : drainSeconds;
  if (now - begunAtMs < limit * 1000) return { state: "waits", reason };
  if (force) return done;
  const help = `plan/retry drains for as long again, ${forcingRequest(plan)} goes on without regard to budgets, plan/skip without the drain`;
  return { state: "failed", reason: `not drained in ${limit} s: ${reason}; ${help}` };
}

/** Why the pod may not go now; "" when it goes, or is gone. */
async function evict(client: KubernetesClient, { workload, signal }: PlanActionRequest, pod: Pod): Promise<string> {
  const { name, namespace, uid } = pod.metadata;
  const preconditions = uid === "" ? {} : { deleteOptions: { preconditions: { uid } } };
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace }, ...preconditions };
  try {
    await client.request(workload.spec.name, { method: "POST", path: `${podPath(pod)}/eviction`, body, signal });
    return "";
  } catch (error) {
    // Gone, or another pod has its name by now: the next round looks again.
    if (is(error, 404) || is(error, 409)) return "";
    // 429: a budget does not allow it. 500: several budgets match the pod.
    if (is(error, 429) || is(error, 500)) return messageOf(error);
    throw error;
  }
}

async function remove(client: KubernetesClient, { workload, signal }: PlanActionRequest, pod: Pod): Promise<string> {
  const { uid } = pod.metadata;
  const body = uid === "" ? undefined : { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
  try {
    await client.request(workload.spec.name, { method: "DELETE", path: podPath(pod), body, signal });
  } catch (error) {
    if (!is(error, 404) && !is(error, 409)) throw error;
  }
  return "";
}

async function budgetsOf(client: KubernetesClient, { workload, signal }: PlanActionRequest, namespace: string) {
  const path = `/apis/policy/v1/namespaces/${part(namespace)}/poddisruptionbudgets?limit=${podsAtOnce}`;
  return budgetListSchema.parse(await client.request(workload.spec.name, { method: "GET", path, signal })).items;
}
