// REGISTER: an agent is new, has restarted, was unreachable, or comes back after the master's own restart. The agent knows
// best which tasks it has: the master takes over what the agent says.
import { CkeError } from "@cke/foundation";
import { isTerminalTaskState, type TaskState } from "@cke/mesos";
import type { CheckpointedExecutor, CheckpointedTask, RegisterMessage } from "../../link/index.ts";
import { addBags } from "../../resources/bag.ts";
import { refined } from "../../resources/format.ts";
import { Ledger } from "../../resources/ledger.ts";
import { addFramework } from "../frameworks/framework-record.ts";
import { incoming } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import { type AgentRecord, type AgentStream, type FrameworkRecord, holderOf, tasksOn } from "../state/records.ts";
import { latestStatus } from "../tasks/master-status.ts";
import { removeExecutor } from "../tasks/task-completion.ts";
import { disconnectAgent, endUnknownTask, markRemoved } from "./agent-removal.ts";
import { killEverything } from "./draining.ts";

/** Registers an agent on a new link. A refused agent gets SHUTDOWN and undefined is returned. */
export function registerAgent(
  state: MasterState,
  message: RegisterMessage,
  stream: AgentStream,
): AgentRecord | undefined {
  const id = message.agent_id?.value ?? `${state.masterId}-S${state.nextAgent++}`;
  if (state.goneAgents.has(id) || state.removedAgents.has(id)) {
    stream.send({ type: "SHUTDOWN", message: `agent ${id} was removed; start it with an empty work directory` });
    stream.end();
    return undefined;
  }
  if (state.maintenance.isDown(message)) {
    stream.send({ type: "SHUTDOWN", message: `machine ${message.hostname} is down for maintenance` });
    stream.end();
    return undefined;
  }
  replaceAtAddress(state, id, message);
  const unreachable = state.unreachable.has(id);
  endOldLink(state, id);
  const agent = recordOf(state, id, message);
  agent.stream = stream;
  agent.missedPings = 0;
  state.unreachable.delete(id);
  state.recoveredAgents.delete(id);
  const { agentPingIntervalMs, maxMissedPings } = state.services.timings;
  stream.send({
    type: "REGISTERED",
    agent_id: { value: id },
    master_id: state.masterId,
    ping_timeout_seconds: (agentPingIntervalMs * (maxMissedPings + 1)) / 1000,
  });
  restore(state, agent, message, unreachable);
  killEverything(state, agent);
  state.services.saveRegistry();
  state.allocateSoon();
  return agent;
}

/** The agent comes back before the master noticed that its old link broke: its offers are rescinded all the same. */
function endOldLink(state: MasterState, id: string): void {
  const agent = state.agents.get(id);
  const old = agent?.stream;
  if (agent === undefined || old === undefined) return;
  disconnectAgent(state, agent, old.id);
  old.end();
}

/** An agent that lost its id registers as a new one. The old agent at the same address is gone. */
function replaceAtAddress(state: MasterState, id: string, { ip, port }: RegisterMessage): void {
  for (const other of [...state.agents.values()]) {
    if (other.id !== id && other.ip === ip && other.port === port) markRemoved(state, other, "a new agent registered");
  }
}

function recordOf(state: MasterState, id: string, message: RegisterMessage): AgentRecord {
  const { hostname, ip, port, attributes, version } = message;
  const total = addBags(message.resources.map(refined), []);
  const known = state.agents.get(id);
  if (known !== undefined) {
    Object.assign(known, { hostname, ip, port, attributes, version, reregisteredMs: state.services.clock.now() });
    known.ledger.reset(total);
    state.count("slave_reregistrations");
    return known;
  }
  const agent: AgentRecord = {
    id,
    hostname,
    ip,
    port,
    attributes,
    version,
    ledger: new Ledger(total),
    registeredMs: state.services.clock.now(),
    missedPings: 0,
    executors: new Map(),
  };
  state.agents.set(id, agent);
  state.count(message.agent_id === undefined ? "slave_registrations" : "slave_reregistrations");
  state.publish({ type: "AGENT_ADDED", agent });
  return agent;
}

function restore(state: MasterState, agent: AgentRecord, message: RegisterMessage, unreachable: boolean): void {
  const executors = new Set<string>();
  const tasks = new Set<string>();
  for (const { framework_id, framework_info, executors: list } of message.frameworks) {
    const id = framework_id.value;
    if (state.removedFrameworks.has(id)) {
      state.sendToAgent(agent.id, { type: "SHUTDOWN_FRAMEWORK", framework_id });
      continue;
    }
    const framework = state.frameworks.get(id) ?? recovered(addFramework(state, id, framework_info));
    for (const executor of list) {
      executors.add(`${id}/${executor.executor_info.executor_id.value}`);
      restoreExecutor(agent, framework, executor);
      for (const task of executor.tasks) {
        tasks.add(`${id}/${task.task.task_id.value}`);
        restoreTask(state, agent, framework, executor, task, unreachable);
      }
    }
  }
  for (const framework of state.frameworks.values()) {
    for (const executorId of [...(agent.executors.get(framework.id)?.keys() ?? [])]) {
      if (!executors.has(`${framework.id}/${executorId}`)) removeExecutor(agent, framework, executorId);
    }
    for (const task of tasksOn(framework, agent.id)) {
      if (!tasks.has(`${framework.id}/${task.info.task_id.value}`)) endUnknownTask(state, framework, task);
    }
  }
}

function recovered(framework: FrameworkRecord): FrameworkRecord {
  framework.recovered = true;
  return framework;
}

const roleOf = (framework: FrameworkRecord) => framework.roles[0] ?? "*";

function restoreExecutor(agent: AgentRecord, framework: FrameworkRecord, executor: CheckpointedExecutor): void {
  if (executor.command_executor) return;
  const info = executor.executor_info;
  const resources = incoming(info.resources, roleOf(framework));
  const id = info.executor_id.value;
  take(agent, holderOf.executor(framework.id, id), () =>
    agent.ledger.take(holderOf.executor(framework.id, id), resources),
  );
  const executors = agent.executors.get(framework.id) ?? new Map();
  agent.executors.set(framework.id, executors);
  executors.set(id, { frameworkId: framework.id, agentId: agent.id, info, resources });
}

function restoreTask(
  state: MasterState,
  agent: AgentRecord,
  framework: FrameworkRecord,
  executor: CheckpointedExecutor,
  { task: info, latest, unacknowledged }: CheckpointedTask,
  unreachable: boolean,
): void {
  const id = info.task_id.value;
  const next: TaskState = latest?.state ?? "TASK_STAGING";
  // The oldest that waits for its acknowledgement is the last that the agent has sent.
  const told = unacknowledged[0] ?? latest;
  // The agent knows more about a task that was unreachable: its executor may have sent updates meanwhile.
  const task = framework.tasks.get(id) ?? {
    frameworkId: framework.id,
    agentId: agent.id,
    ...(executor.command_executor ? {} : { executorId: executor.executor_info.executor_id.value }),
    info,
    resources: incoming(info.resources, roleOf(framework)),
    state: next,
    statuses: latest === undefined ? [] : [latest],
    ...(told === undefined ? {} : { forwarded: { state: told.state } }),
  };
  task.state = next;
  framework.unreachableTasks.delete(id);
  framework.tasks.set(id, task);
  if (isTerminalTaskState(next)) return;
  const holder = holderOf.task(framework.id, id);
  take(agent, holder, () => agent.ledger.take(holder, task.resources));
  // The earlier KILL may not have reached the agent (slave->killedTasks in src/master/master.cpp).
  if (task.killWanted === true) {
    state.sendToAgent(agent.id, { type: "KILL_TASK", framework_id: { value: framework.id }, task_id: info.task_id });
  }
  if (!unreachable) return;
  state.sendUpdate(
    framework,
    latestStatus(state, task, {
      state: next,
      message: "Unreachable agent re-reregistered",
      reason: "REASON_AGENT_REREGISTERED",
    }),
  );
}

/** An agent that came back with less than what runs on it keeps its tasks, and has nothing left to offer. */
function take(agent: AgentRecord, holder: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof CkeError) || error.code !== "over_allocated") throw error;
    const held = agent.ledger.available;
    agent.ledger.take(holder, held);
  }
}
