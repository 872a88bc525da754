// Compares the final state of all sides of a run: the tasks that the store, the master and the agents know, the
// reservations, and what is left of deleted clusters.
import { isTerminalTaskState, type Resource, Resources } from "@cke/mesos";
import type { InMemoryMesos } from "@cke/mesos-local/simulation";
import { processMessage } from "@cke/scheduler/kubernetes/processes/process-message";
import { storedRenderingSchema, unpackRendering } from "@cke/scheduler/kubernetes/rendering/stored-rendering";
import { isTerminal, reportOf, type TaskRecord, unitTaskOf } from "@cke/scheduler/workload/records/records";
import { describeAmount, followedBy, heldBy, sameAmount } from "@cke/scheduler/workload/records/resource-tasks";
import { ownerOf } from "@cke/scheduler/workload/reservations/reservation";
import type { Container, Hosts } from "../hosts/container.ts";
import { liveTasks } from "../hosts/live-tasks.ts";
import { nodeOf, tasksOf } from "../scheduler/stored-nodes.ts";

export interface FinalState {
  readonly mesos: () => InMemoryMesos;
  readonly hosts: Hosts;
  /** The stored values, by key. */
  readonly values: ReadonlyMap<string, unknown>;
}

/**
 * What CKE, the master and the agents disagree about; empty when they agree. Call it only after all faults have ended.
 */
export function disagreements(state: FinalState): readonly string[] {
  return [
    ...differentTasks(state),
    ...differentReservations(state),
    ...differentPeers(state),
    ...differentProcesses(state),
  ];
}

/** Every process that runs must follow what is stored of it, with what Mesos accounts for it. */
function differentProcesses({ values }: FinalState): readonly string[] {
  return [...values].flatMap(([key, value]) => {
    if (!key.startsWith("units/")) return [];
    const { launch, workload, unit } = nodeOf(value);
    const stored = storedRenderingSchema.safeParse(values.get(`renderings/${workload}/${unit}`));
    const node = launch === undefined || launch.cleanup ? undefined : unitTaskOf(launch);
    if (launch === undefined || node?.state !== "TASK_RUNNING" || !stored.success) return [];
    const messages = new Uint8Array(Buffer.from(stored.data.messages, "base64"));
    const { processes } = unpackRendering({ ...stored.data, messages }, key);
    return processes.flatMap((process) => {
      const task = launch.tasks.find((one) => one.process === process.name);
      if (task?.state !== "TASK_RUNNING") return [];
      const [{ version }, wanted] = [followedBy(task), processMessage(process, task.granted).version];
      const held = heldBy(launch, process.name, process.res);
      const own = task.holds ?? process.res;
      const needed = { cpu: Math.max(own.cpu, process.res.cpu), mem: Math.max(own.mem, process.res.mem) };
      const what = `${key}/${process.name}`;
      return [
        // Of what was adopted from a restored store nothing has been reported.
        ...(version === wanted || task.report === "" ? [] : [`${what} follows ${version}, not ${wanted}`]),
        ...(task.granted === undefined || sameAmount(task.granted, process.res)
          ? []
          : [`${what} may take ${describeAmount(task.granted)} of ${describeAmount(process.res)}`]),
        ...(held === undefined || sameAmount(held, needed)
          ? []
          : [`${what} holds ${describeAmount(held)} of ${describeAmount(needed)}`]),
      ];
    });
  });
}

/** The running nodes of one cluster must all report the same peers. */
function differentPeers({ values }: FinalState): readonly string[] {
  const versions = new Map<string, Set<string>>();
  for (const [key, value] of values) {
    if (!key.startsWith("units/")) continue;
    const { launch, workload, unit } = nodeOf(value);
    // Other kinds have no peers.
    if (!values.has(`renderings/${workload}/${unit}`)) continue;
    const task = launch === undefined || launch.cleanup ? undefined : unitTaskOf(launch);
    const report = task?.state === "TASK_RUNNING" ? reportOf(task) : undefined;
    if (report?.kind !== "unit") continue;
    const reported = versions.get(workload) ?? new Set();
    versions.set(workload, reported.add(report.value.peersVersion));
  }
  return [...versions].flatMap(([workload, reported]) =>
    reported.size === 1 && !reported.has("")
      ? []
      : [
          `${workload}: its running nodes report the peers ${[...reported].map((version) => version || "none").join(", ")}`,
        ],
  );
}

/**
 * Compares the resources that agents reserve for nodes with the records of these nodes, as CPUs by agent and node. A
 * record may have more than the agent: after an ACCEPT without an answer it is not known whether the resources were
 * reserved.
 */
function differentReservations({ values, mesos }: FinalState): readonly string[] {
  const noted = new Map<string, number>();
  for (const [key, value] of values) {
    if (!key.startsWith("units/")) continue;
    const { instance, reservations } = nodeOf(value);
    for (const { agentId, state, amounts } of reservations)
      if (state !== "refused") noted.set(`${agentId} ${key} ${instance}`, amounts.cpus);
  }
  const kept = new Map<string, number>();
  for (const { agentId, resources } of mesos().agents.values()) {
    for (const [key, pieces] of Map.groupBy(resources, ownerKey))
      if (key !== "") kept.set(`${agentId} ${key}`, Resources.scalarOf(pieces, "cpus"));
  }
  return [...new Set([...noted.keys(), ...kept.keys()])].flatMap((place) => {
    const [real = 0, known = 0] = [kept.get(place), noted.get(place)];
    return real > 0 && real <= known ? [] : [`${place}: ${real} CPUs are reserved, ${known} are noted`];
  });
}

function ownerKey(resource: Resource): string {
  const owner = ownerOf(resource);
  return owner === undefined ? "" : `units/${owner.workload}/${owner.unit} ${owner.instance}`;
}

function differentTasks({ values, mesos }: FinalState): readonly string[] {
  const { leader } = mesos();
  const stored = new Map<string, TaskRecord>();
  for (const [key, value] of values) {
    if (!key.startsWith("units/")) continue;
    for (const task of tasksOf(nodeOf(value))) if (!isTerminal(task)) stored.set(task.taskId, task);
  }
  const known = new Map(
    [...(leader?.frameworks.values() ?? [])].flatMap(({ tasks }) =>
      [...tasks.values()]
        .filter(({ state }) => !isTerminalTaskState(state))
        .map((task) => [task.info.task_id.value, task.state] as const),
    ),
  );
  const live = new Map(liveTasks(mesos()).map(({ taskId, key }) => [taskId, key]));
  return [...new Set([...stored.keys(), ...known.keys(), ...live.keys()])].flatMap((taskId) => {
    const state = stored.get(taskId)?.state;
    const same = state !== undefined && state === known.get(taskId) && live.has(taskId);
    return same
      ? []
      : [
          `${taskId}: stored ${state ?? "not"}, master ${known.get(taskId) ?? "no"}, ${live.has(taskId) ? "runs" : "does not run"}`,
        ];
  });
}

/** Everything that is left of deleted clusters. `abandoned`: containers that an operator was told to remove. */
export function remains(
  { values, hosts, mesos }: FinalState,
  expectedKeys: ReadonlySet<string>,
  abandoned: ReadonlySet<Container>,
): readonly string[] {
  const agents = [...mesos().agents.values()];
  // Notes of reservations on an agent that never came back are kept: when it comes back, CKE releases them.
  const ofGoneAgent = (key: string) => {
    const [kind, agentId] = key.split("/");
    return kind === "reservations" && agents.every((agent) => agent.agentId !== agentId);
  };
  // Facts about agents' hosts are kept when clusters are deleted: one key for each agent.
  const hints = new Set(["removals", "agents", "overvms"]);
  const reserved = agents.filter(({ resources }) => resources.some((piece) => Resources.isReserved(piece)));
  return [
    ...[...values.keys()]
      // Orders for agents that came back without the container are kept for two weeks.
      .filter((key) => !expectedKeys.has(key) && !ofGoneAgent(key) && !hints.has(key.split("/")[0] ?? ""))
      .map((key) => `the store holds ${key}`),
    ...liveTasks(mesos()).map(({ taskId }) => `${taskId} runs`),
    ...[...hosts].flatMap(([host, all]) =>
      [...all].flatMap(([key, container]) => (abandoned.has(container) ? [] : [`${host} has a container of ${key}`])),
    ),
    ...reserved.map(({ hostname }) => `${hostname} has reserved resources`),
  ];
}
