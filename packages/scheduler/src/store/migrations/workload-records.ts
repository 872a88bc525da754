// The migration from format 1 to format 2. Format 1 has records of clusters and nodes; format 2 has records of workloads of some
// kind and of units. All clusters become workloads of kind "kubernetes". No field is lost, and what runs keeps its ids, labels
// and hashes.
import type { StoreOperation } from "../store.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value that is no object is copied as it is: the code that reads it later reports what is wrong with it. */
function asWorkload(value: unknown): unknown {
  if (!isObject(value) || !isObject(value.spec)) return value;
  const { nodes, ...spec } = value.spec;
  return { kind: "kubernetes", ...value, spec: { ...spec, units: nodes } };
}

function asUnit(value: unknown): unknown {
  if (!isObject(value) || value.cluster === undefined || value.node === undefined) return value;
  const { cluster: workload, node: unit, ...rest } = value;
  return { workload, unit, ...rest };
}

export function workloadRecords(entries: ReadonlyMap<string, unknown>): readonly StoreOperation[] {
  return [...entries].flatMap(([key, value]): StoreOperation[] => {
    const [prefix, ...rest] = key.split("/");
    const name = rest.join("/");
    const moved = (to: string, made: unknown): StoreOperation[] => [
      { op: "put", key: `${to}/${name}`, value: made },
      { op: "delete", key },
    ];
    if (prefix === "clusters") return moved("workloads", asWorkload(value));
    if (prefix === "nodes") return moved("units", asUnit(value));
    // In `reservations/`, the list of those that had something reserved on an agent that is away.
    if (prefix !== "reservations") return [];
    const made = asUnit(value);
    return made === value ? [] : [{ op: "put", key, value: made }];
  });
}
