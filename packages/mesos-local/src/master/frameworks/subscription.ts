// Life of a framework: subscription, fail-over, disconnection, time-out, removal. Facts: recordings failover,
// scheduler-lifecycle and scheduler-errors.
import { type FrameworkInfo, isTerminalTaskState, type OfferConstraints, type SchedulerCallOf } from "@cke/mesos";
import { constraintsProblem } from "../offers/offer-constraints.ts";
import { removeOffer } from "../offers/offers.ts";
import { Recent } from "../state/circular-buffer.ts";
import type { MasterState } from "../state/master-state.ts";
import { Filters } from "../state/offer-filters.ts";
import { limits } from "../state/options.ts";
import { type EventStream, type FrameworkRecord, holderOf, type TaskRecord } from "../state/records.ts";
import { masterStatus } from "../tasks/master-status.ts";
import { changeProblem, infoProblem, suppressedProblem } from "../validation/framework-validation.ts";
import { capabilitiesOf, rolesOf } from "../validation/roles.ts";

/** Subscribes a framework on a stream; a problem becomes an ERROR event and the end of the stream. */
export function subscribe(state: MasterState, { subscribe: call }: SchedulerCallOf<"SUBSCRIBE">, stream: EventStream) {
  const { framework_info: info, suppressed_roles: suppressedRoles = [], offer_constraints: constraints } = call;
  const id = info.id?.value === "" ? undefined : info.id?.value;
  const removed = id !== undefined && state.removedFrameworks.has(id);
  const known = id === undefined ? undefined : state.frameworks.get(id);
  const problem =
    infoProblem({ info, removed }) ??
    suppressedProblem(info, suppressedRoles) ??
    constraintsProblem(constraints, rolesOf(info)) ??
    // User and checkpoint stay as they were, without a word.
    (known && changeProblem(known.info, unchangeable(known.info, info)));
  if (problem !== undefined) {
    stream.send({ type: "ERROR", error: { message: problem } });
    stream.end();
    return;
  }
  const framework = known ?? addFramework(state, id ?? newFrameworkId(state), info);
  framework.cancelFailover?.();
  if (known !== undefined) takeOver(state, framework, info);
  framework.stream = stream;
  framework.recovered = false;
  setSuppressed(framework, suppressedRoles);
  setConstraints(framework, constraints);
  stream.send({
    type: "SUBSCRIBED",
    subscribed: {
      framework_id: { value: framework.id },
      heartbeat_interval_seconds: state.services.timings.heartbeatIntervalMs / 1000,
      master_info: state.services.info,
    },
  });
  heartbeat(state, framework);
  state.announce({ type: known === undefined ? "FRAMEWORK_ADDED" : "FRAMEWORK_UPDATED", framework });
  if (known !== undefined) resume(state, framework);
  state.services.saveRegistry();
  state.allocateSoon();
}

function newFrameworkId(state: MasterState): string {
  for (;;) {
    const id = `${state.masterId}-${String(state.nextFramework++).padStart(4, "0")}`;
    if (!state.frameworks.has(id) && !state.removedFrameworks.has(id)) return id;
  }
}

/** A record for a framework that this master has not seen yet. */
export function addFramework(state: MasterState, id: string, info: FrameworkInfo): FrameworkRecord {
  const now = state.services.clock.now();
  const framework: FrameworkRecord = {
    id,
    info: { ...info, id: { value: id } },
    capabilities: capabilitiesOf(info),
    roles: rolesOf(info),
    suppressed: new Set(),
    filters: new Filters(),
    recovered: false,
    registeredMs: now,
    reregisteredMs: now,
    unregisteredMs: 0,
    tasks: new Map(),
    unreachableTasks: new Map(),
    completedTasks: new Recent(limits.completedTasks),
    completedExecutors: new Recent(limits.completedExecutors),
    offers: new Map(),
    inverseOffers: new Map(),
    inverseFilters: new Map(),
    operations: new Map(),
  };
  state.frameworks.set(id, framework);
  return framework;
}

/** A new subscription of a known framework: the old stream, if it is still open, is told and ended. */
function takeOver(state: MasterState, framework: FrameworkRecord, info: FrameworkInfo): void {
  if (framework.stream !== undefined) {
    framework.stream.send({ type: "ERROR", error: { message: "Framework failed over" } });
    const old = framework.stream;
    delete framework.stream;
    old.end();
  }
  framework.cancelHeartbeat?.();
  for (const offer of [...framework.offers.values()]) removeOffer(state, framework, offer);
  forgetInverseOffers(framework);
  framework.reregisteredMs = state.services.clock.now();
  updateInfo(framework, info);
}

/** The next subscription is asked anew. */
function forgetInverseOffers(framework: FrameworkRecord): void {
  framework.inverseOffers.clear();
  framework.inverseFilters.clear();
}

/** The new settings of a framework, with what a subscription never changes as it was: user and checkpoint. */
function unchangeable({ user, checkpoint }: FrameworkInfo, info: FrameworkInfo): FrameworkInfo {
  const { checkpoint: _, ...changeable } = info;
  return { ...changeable, user, ...(checkpoint === undefined ? {} : { checkpoint }) };
}

function updateInfo(framework: FrameworkRecord, info: FrameworkInfo): void {
  framework.info = { ...unchangeable(framework.info, info), id: { value: framework.id } };
  framework.capabilities = capabilitiesOf(framework.info);
  framework.roles = rolesOf(framework.info);
}

/** A role that is suppressed no more is revived, its filters with it; those of all others stay (allocator's updateFramework). */
function setSuppressed(framework: FrameworkRecord, roles: readonly string[]): void {
  const suppressed = new Set(roles);
  framework.filters.forgetRoles(new Set([...framework.suppressed].filter((role) => !suppressed.has(role))));
  framework.suppressed = suppressed;
}

function setConstraints(framework: FrameworkRecord, constraints: OfferConstraints | undefined): void {
  if (constraints === undefined) delete framework.constraints;
  else framework.constraints = constraints;
}

/** UPDATE_FRAMEWORK: all or nothing; answers the problem, or undefined when it is done. */
export function updateFramework(
  state: MasterState,
  framework: FrameworkRecord,
  { update_framework: call }: SchedulerCallOf<"UPDATE_FRAMEWORK">,
): string | undefined {
  const { framework_info: info, suppressed_roles: suppressedRoles = [], offer_constraints: constraints } = call;
  const invalid = infoProblem({ info, removed: false });
  if (invalid !== undefined) return `Supplied FrameworkInfo is not valid: ${invalid}`;
  const change = changeProblem(framework.info, info);
  if (change !== undefined) return `FrameworkInfo update is not valid: ${change}`;
  const options = suppressedProblem(info, suppressedRoles) ?? constraintsProblem(constraints, rolesOf(info));
  if (options !== undefined) return `'UpdateFramework' call is not valid: ${options}`;
  updateInfo(framework, info);
  setSuppressed(framework, suppressedRoles);
  setConstraints(framework, constraints);
  for (const offer of [...framework.offers.values()]) {
    if (framework.roles.includes(offer.role)) continue;
    removeOffer(state, framework, offer);
    state.send(framework, { type: "RESCIND", rescind: { offer_id: { value: offer.id } } });
  }
  state.announce({ type: "FRAMEWORK_UPDATED", framework });
  tellAgents(state, framework);
  state.services.saveRegistry();
  state.allocateSoon();
  return undefined;
}

/** A new subscription hears at once what the old one has not acknowledged; agents repeat it only after their pause. */
function resume(state: MasterState, framework: FrameworkRecord): void {
  tellAgents(state, framework);
  for (const { unacknowledged } of framework.tasks.values()) {
    if (unacknowledged !== undefined) state.sendUpdate(framework, unacknowledged);
  }
}

function tellAgents(state: MasterState, framework: FrameworkRecord): void {
  for (const agentId of state.agents.keys()) {
    state.tell(agentId, {
      type: "UPDATE_FRAMEWORK",
      framework_id: { value: framework.id },
      framework_info: framework.info,
    });
  }
}

function heartbeat(state: MasterState, framework: FrameworkRecord): void {
  const beat = () => {
    state.send(framework, { type: "HEARTBEAT" });
    framework.cancelHeartbeat = state.after(state.services.timings.heartbeatIntervalMs, beat);
  };
  beat();
}

/** The connection of a stream is gone: offers are taken back, and the failover timeout begins. */
export function disconnectFramework(state: MasterState, framework: FrameworkRecord, streamId: string): void {
  if (framework.stream?.id !== streamId) return;
  delete framework.stream;
  framework.cancelHeartbeat?.();
  framework.filters.clear();
  forgetInverseOffers(framework);
  for (const offer of [...framework.offers.values()]) removeOffer(state, framework, offer);
  const timeoutMs = Math.max(0, framework.info.failover_timeout ?? 0) * 1000;
  framework.cancelFailover = state.after(timeoutMs, () => {
    state.services.logger.info("the framework did not come back within its failover timeout", {
      framework: framework.id,
    });
    removeFramework(state, framework);
  });
  state.allocateSoon();
}

/** The end of a framework: its executors are shut down everywhere, its id must not come back. */
export function removeFramework(state: MasterState, framework: FrameworkRecord): void {
  framework.cancelFailover?.();
  framework.cancelHeartbeat?.();
  const stream = framework.stream;
  delete framework.stream;
  for (const offer of [...framework.offers.values()]) removeOffer(state, framework, offer);
  for (const task of [...framework.tasks.values()]) {
    const killed = masterStatus(state, {
      task_id: task.info.task_id,
      state: "TASK_KILLED",
      message: `Framework ${framework.id} removed`,
      reason: "REASON_FRAMEWORK_REMOVED",
      agent_id: { value: task.agentId },
    });
    const ended = isTerminalTaskState(task.state);
    task.statuses = [...task.statuses, killed];
    if (!ended) {
      task.state = "TASK_KILLED";
      state.announce({ type: "TASK_UPDATED", task, status: killed });
    }
    completeTask(state, framework, task);
  }
  for (const task of framework.unreachableTasks.values()) framework.completedTasks.push(task);
  framework.unreachableTasks.clear();
  for (const agent of state.agents.values()) {
    state.tell(agent.id, { type: "SHUTDOWN_FRAMEWORK", framework_id: { value: framework.id } });
    for (const executorId of agent.executors.get(framework.id)?.keys() ?? []) {
      agent.ledger.release(holderOf.executor(framework.id, executorId));
    }
    for (const executor of agent.executors.get(framework.id)?.values() ?? [])
      framework.completedExecutors.push(executor);
    agent.executors.delete(framework.id);
  }
  framework.unregisteredMs = state.services.clock.now();
  state.maintenance.forgetFramework(framework.id);
  state.frameworks.delete(framework.id);
  state.removedFrameworks.add(framework.id);
  state.completedFrameworks = [...state.completedFrameworks, framework].slice(-limits.completedFrameworks);
  state.announce({ type: "FRAMEWORK_REMOVED", framework });
  state.services.saveRegistry();
  stream?.end();
  state.allocateSoon();
}

/** Moves a task to the completed ones; what it held is free. */
export function completeTask(state: MasterState, framework: FrameworkRecord, task: TaskRecord): void {
  const id = task.info.task_id.value;
  state.agents.get(task.agentId)?.ledger.release(holderOf.task(framework.id, id));
  framework.tasks.delete(id);
  framework.completedTasks.push(task);
}
