// Scenarios of nodes with `reservation: true`, and what is looked at in them.
import { Resources } from "@cke/mesos";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { Scenario, type ScenarioOptions } from "./scenario.ts";

/** A cluster of one master with a reservation. */
export const body = (more: Readonly<Record<string, unknown>> = {}) =>
  smallBody({ nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1", reservation: true }], ...more });
/** A node with a reservation. */
export const worker = { name: "w", type: "node", node_ip: "10.0.0.2", reservation: true };

/** A scheduler and agents. */
export const started = async (options: ScenarioOptions = {}, ...agents: readonly string[]) => {
  const s = await new Scenario(options).start();
  for (const name of agents.length === 0 ? ["a"] : agents) s.mesos.addAgent(name);
  return s;
};
/** The same, with the cluster launched. */
export const launched = async (options: ScenarioOptions = {}, ...agents: readonly string[]) => {
  const s = await started(options, ...agents);
  await s.clusters.create(body());
  await s.offer();
  return s;
};
/** The types of operations of each ACCEPT. */
export const operations = (s: Scenario) =>
  s.mesos.calls.flatMap((call) =>
    call.type === "ACCEPT" ? [(call.accept.operations ?? []).map(({ type }) => type)] : [],
  );
/** What `state` says of the master's reservations. */
export const reservations = (s: Scenario) => s.clusters.state("small").nodes[0]?.reservations;
/** Total of what is reserved, by cpus and memory. */
export const total = (s: Scenario) => {
  const all = s.mesos.reserved();
  return [Resources.scalarOf(all, "cpus"), Resources.scalarOf(all, "mem")];
};
/** The executor of a node ends. */
export const endExecutor = async (s: Scenario, node = "m") => {
  s.mesos.failExecutor(s.task("small", node).executorId);
  await s.seconds(1);
};
