// Format 1 knew clusters and their nodes only. From format 2 on the records are of workloads of some kind and their units: those
// of before are all of kind "kubernetes". Nothing in them is lost, and what runs keeps its ids, labels and hashes.
import type { StoreOperation } from "../store.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What cannot be read is moved as it is: whoever reads it later says what is wrong with it. */
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
    // Who had something reserved on an agent that is away.
    if (prefix !== "reservations") return [];
    const made = asUnit(value);
    return made === value ? [] : [{ op: "put", key, value: made }];
  });
}
