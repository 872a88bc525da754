// How ids and labels in Mesos say of which unit something is. Those of KubeNodes are older than kinds: they name no kind, and
// their labels have names of their own. They stay as they are, so that what runs is known again.

/** Ids and labels without a kind are of this one. */
const unmarkedKind = "kubernetes";

export interface UnitIdentity {
  /** Kind of the workload. */
  readonly kind: string;
  readonly workload: string;
  readonly unit: string;
}

/** Begin of the ids of executors and tasks: "cke.my.node0" or "cke-sleeper.my.unit0". */
export function idPrefix({ kind, workload, unit }: UnitIdentity): string {
  return `${kind === unmarkedKind ? "cke" : `cke-${kind}`}.${workload}.${unit}`;
}

/** The kind in the first part of an id; undefined when it is no id of CKE's. */
export function kindOfIdMark(mark: string): string | undefined {
  return mark === "cke" ? unmarkedKind : /^cke-([a-z]+)$/.exec(mark)?.[1];
}

export function identityLabels({ kind, workload, unit }: UnitIdentity): Readonly<Record<string, string>> {
  if (kind === unmarkedKind) return { "cke.cluster": workload, "cke.node": unit };
  return { "cke.workload-kind": kind, "cke.workload": workload, "cke.unit": unit };
}

/** What a unit's own task is, for people who look at Mesos. */
export const unitTaskKind = (kind: string) => (kind === unmarkedKind ? "kubenode" : kind);

/** `label`: the value of a label; undefined when it is not there. Names that are not there are "". */
export function identityIn(label: (key: string) => string | undefined): UnitIdentity {
  const kind = label("cke.workload-kind");
  if (kind === undefined)
    return { kind: unmarkedKind, workload: label("cke.cluster") ?? "", unit: label("cke.node") ?? "" };
  return { kind, workload: label("cke.workload") ?? "", unit: label("cke.unit") ?? "" };
}
