// The books of all sides at the end of a run: what the store, the master and the agents know of tasks, and what is left.
import { isTerminalTaskState, type Resource, Resources } from "@cke/mesos";
import type { InMemoryMesos } from "@cke/mesos-local/simulation";
import { isTerminal, type TaskRecord } from "@cke/scheduler/workload/records/records";
import { ownerOf } from "@cke/scheduler/workload/reservations/reservation";
import type { Container, Hosts } from "../hosts/container.ts";
import { liveTasks } from "../hosts/live-tasks.ts";
import { nodeOf, tasksOf } from "../scheduler/stored-nodes.ts";

export interface Books {
  readonly mesos: () => InMemoryMesos;
  readonly hosts: Hosts;
  /** What is stored, by key. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** What is wrong with the books of CKE, master and agents; empty when they agree. Only after faults have ended. */
export function disagreements(books: Books): readonly string[] {
  return [...differentTasks(books), ...differentReservations(books)];
}

/**
 * What agents keep for nodes, and what the records of these nodes say, as CPUs by agent and node. A record may say more than
 * is kept: after an ACCEPT of which nothing was heard nobody knows.
 */
function differentReservations({ values, mesos }: Books): readonly string[] {
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

function differentTasks({ values, mesos }: Books): readonly string[] {
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

/** What is left of clusters that are deleted. `abandoned`: what an operator was told to remove. */
export function remains(
  { values, hosts, mesos }: Books,
  expectedKeys: ReadonlySet<string>,
  abandoned: ReadonlySet<Container>,
): readonly string[] {
  const agents = [...mesos().agents.values()];
  // What is noted of reservations on an agent that never came back: should it do so, they are released.
  const ofGoneAgent = (key: string) => {
    const [kind, agentId] = key.split("/");
    return kind === "reservations" && agents.every((agent) => agent.agentId !== agentId);
  };
  // What agents' hosts have outlives clusters: one hint for each agent.
  const hints = new Set(["removals", "agents"]);
  const reserved = agents.filter(({ resources }) => resources.some((piece) => Resources.isReserved(piece)));
  return [
    ...[...values.keys()]
      // Of agents that came back without what they had: kept for two weeks.
      .filter((key) => !expectedKeys.has(key) && !ofGoneAgent(key) && !hints.has(key.split("/")[0] ?? ""))
      .map((key) => `the store holds ${key}`),
    ...liveTasks(mesos()).map(({ taskId }) => `${taskId} runs`),
    ...[...hosts].flatMap(([host, all]) =>
      [...all].flatMap(([key, container]) => (abandoned.has(container) ? [] : [`${host} has a container of ${key}`])),
    ),
    ...reserved.map(({ hostname }) => `${hostname} has reserved resources`),
  ];
}
