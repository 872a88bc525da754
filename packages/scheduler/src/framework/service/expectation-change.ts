// Carries out a request to start or stop: workload/plans/expectation decides the change, this file stores it and
// writes it to the cluster's log.
import { type AskedExpectation, expectCluster, expectNode } from "../../workload/plans/expectation.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { WorkloadRecord } from "../../workload/records/records.ts";
import type { ChangeParts } from "./plan-change.ts";

/** Makes the change and returns what happens now. Throws PartNotFoundError or PlanRefusedError. */
export async function changeExpectation(
  { ledger, logs, clock, kinds }: Pick<ChangeParts, "ledger" | "logs" | "clock" | "kinds">,
  cluster: WorkloadRecord,
  node: string | undefined,
  expect: AskedExpectation,
  by: string,
): Promise<string> {
  const { spec } = cluster;
  const names = spec.units.map(({ name }) => name);
  if (node !== undefined && !names.includes(node))
    throw new PartNotFoundError("node", `cluster "${spec.name}"`, node, names);
  const present = { cluster, nodes: ledger.units(spec.name) };
  const now = clock.now();
  const stopStages = kinds.of(cluster).stopStages(cluster);
  const change =
    node === undefined
      ? expectCluster(present, expect, { now, by, stopStages })
      : expectNode(present, node, expect, now);
  const what = node === undefined ? `cluster "${spec.name}"` : `node "${node}"`;
  if (change === undefined) return `${what} is to ${expect === "RUN" ? "run" : "stop"} already`;
  await ledger.commit({ workload: change.cluster, units: change.nodes });
  const order = node === undefined ? `: ${stopStages.map(({ name }) => name).join(" first, then ")}` : "";
  const words =
    expect === "RUN"
      ? `${what} is started: with the data, the addresses and the keys that it has`
      : `${what} is stopped${order}; its data, addresses and keys stay`;
  logs.line(
    "info",
    spec.name,
    `${words}${by === "" ? "" : ` (asked for by ${by})`}`,
    node === undefined ? {} : { node },
  );
  return words;
}
