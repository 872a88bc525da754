// Which pods of a node must go before it is removed, and why they do not yet. Pure; the objects are those of the API.
import { z } from "zod";

const labels = z.record(z.string(), z.string()).default({});
const metadata = z.object({
  name: z.string(),
  namespace: z.string().default("default"),
  uid: z.string().default(""),
  labels,
  annotations: labels,
  deletionTimestamp: z.string().optional(),
  ownerReferences: z.array(z.object({ kind: z.string(), controller: z.boolean().default(false) })).default([]),
});
const podSchema = z.object({ metadata, status: z.object({ phase: z.string().default("") }).default({ phase: "" }) });
export type Pod = Readonly<z.infer<typeof podSchema>>;
export const podListSchema = z.object({
  metadata: z.object({ continue: z.string().default("") }).default({ continue: "" }),
  items: z.array(podSchema),
});

const requirement = z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) });
const budgetSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: z
      .object({ matchLabels: labels, matchExpressions: z.array(requirement).default([]) })
      .default({ matchLabels: {}, matchExpressions: [] }),
  }),
  status: z.object({ disruptionsAllowed: z.number().default(0) }).default({ disruptionsAllowed: 0 }),
});
export type DisruptionBudget = Readonly<z.infer<typeof budgetSchema>>;
export const budgetListSchema = z.object({ items: z.array(budgetSchema) });

/** The annotation of a pod that the kubelet runs from a file of its own. */
const mirror = "kubernetes.io/config.mirror";

export const podName = ({ metadata: { namespace, name } }: Pod) => `${namespace}/${name}`;

/** True for a pod that must end before its node goes: no DaemonSet's, which would come back, no mirror, none that has ended. */
export function mustGo({ metadata: { annotations, ownerReferences }, status }: Pod): boolean {
  if (mirror in annotations || status.phase === "Succeeded" || status.phase === "Failed") return false;
  return !ownerReferences.some(({ kind, controller }) => kind === "DaemonSet" && controller);
}

export const isEnding = ({ metadata: { deletionTimestamp } }: Pod) => deletionTimestamp !== undefined;

function matches({ matchLabels, matchExpressions }: DisruptionBudget["spec"]["selector"], pod: Pod): boolean {
  const own = pod.metadata.labels;
  const isMet = ({ key, operator, values }: z.infer<typeof requirement>) => {
    const value = own[key];
    if (operator === "Exists") return value !== undefined;
    if (operator === "DoesNotExist") return value === undefined;
    const isIn = value !== undefined && values.includes(value);
    return operator === "In" ? isIn : !isIn;
  };
  return Object.entries(matchLabels).every(([key, value]) => own[key] === value) && matchExpressions.every(isMet);
}

/** Names of the budgets that do not let the pod go now. */
export function blockingBudgets(pod: Pod, budgets: readonly DisruptionBudget[]): readonly string[] {
  return budgets
    .filter(({ spec, status }) => status.disruptionsAllowed < 1 && matches(spec.selector, pod))
    .map((budget) => budget.metadata.name);
}

/** A pod whose eviction was refused, and what refuses it. */
export interface BlockedPod {
  readonly pod: string;
  readonly budgets: readonly string[];
  /** The API server's own words. */
  readonly message: string;
}

const shown = 3;

/** What a drain waits for, in one sentence; "" when no pod is left. */
export function describeDrain(blocked: readonly BlockedPod[], ending: readonly string[]): string {
  const words = blocked.slice(0, shown).map(({ pod, budgets, message }) => {
    const why = budgets.length === 0 ? message : `PodDisruptionBudget ${budgets.join(", ")} does not allow it now`;
    return `waits for the eviction of pod ${pod}: ${why}`;
  });
  const more = blocked.length - words.length;
  return [
    ...words,
    ...(more > 0 ? [`and of ${more} more`] : []),
    ...(ending.length === 0
      ? []
      : [
          `${ending.length === 1 ? "pod" : `${ending.length} pods:`} ${ending.slice(0, shown).join(", ")}${ending.length > shown ? ", …" : ""} ${ending.length === 1 ? "is" : "are"} ending`,
        ]),
  ].join("; ");
}
