// The identity of a unit in ids and labels of Mesos. Ids and labels of KubeNodes are older than kinds: they contain no
// kind, and their labels have their own names. They stay as they are, so that running units are recognised.

/** Ids and labels without a kind belong to this one. */
const unmarkedKind = "kubernetes";

export interface UnitIdentity {
  /** Kind of the workload. */
  readonly kind: string;
  readonly workload: string;
  readonly unit: string;
}

/** Beginning of the ids of executors and tasks: "cke.my.node0" or "cke-sleeper.my.unit0". */
export function idPrefix({ kind, workload, unit }: UnitIdentity): string {
  return `${kind === unmarkedKind ? "cke" : `cke-${kind}`}.${workload}.${unit}`;
}

/** The kind by the first part of an id; undefined for an id that is not CKE's. */
export function kindOfIdMark(mark: string): string | undefined {
  return mark === "cke" ? unmarkedKind : /^cke-([a-z]+)$/.exec(mark)?.[1];
}

export function identityLabels({ kind, workload, unit }: UnitIdentity): Readonly<Record<string, string>> {
  if (kind === unmarkedKind) return { "cke.cluster": workload, "cke.node": unit };
  return { "cke.workload-kind": kind, "cke.workload": workload, "cke.unit": unit };
}

/** The kind of a unit's own task, for people who look at Mesos. */
export const unitTaskKind = (kind: string) => (kind === unmarkedKind ? "kubenode" : kind);

/** `label`: returns the value of a label; undefined when there is none. Missing names are "". */
export function identityIn(label: (key: string) => string | undefined): UnitIdentity {
  const kind = label("cke.workload-kind");
  if (kind === undefined)
    return { kind: unmarkedKind, workload: label("cke.cluster") ?? "", unit: label("cke.node") ?? "" };
  return { kind, workload: label("cke.workload") ?? "", unit: label("cke.unit") ?? "" };
}
