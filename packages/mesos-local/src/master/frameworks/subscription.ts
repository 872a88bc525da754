// SUBSCRIBE and UPDATE_FRAMEWORK: a new framework, a fail-over to a new connection, changed settings. A framework has one
// connection at most. Facts: recordings failover, scheduler-lifecycle and scheduler-errors.
import type { FrameworkInfo, OfferConstraints, SchedulerCallOf } from "@cke/mesos";
import { forgetInverseOffers } from "../offers/inverse-offers.ts";
import { constraintsProblem } from "../offers/offer-constraints.ts";
import { removeOffer } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import type { EventStream, FrameworkRecord } from "../state/records.ts";
import { changeProblem, infoProblem, suppressedProblem } from "../validation/framework-validation.ts";
import { capabilitiesOf, rolesOf } from "../validation/roles.ts";
import { addFramework } from "./framework-record.ts";

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
    // As in Mesos, a changed user or checkpoint is ignored without an error.
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
  state.publish({ type: known === undefined ? "FRAMEWORK_ADDED" : "FRAMEWORK_UPDATED", framework });
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

/** A new subscription of a known framework: the old stream, if it is still open, gets an ERROR and ends. */
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

/** A role that is no longer suppressed loses its filters. The filters of other roles stay (updateFramework of Mesos' allocator). */
function setSuppressed(framework: FrameworkRecord, roles: readonly string[]): void {
  const suppressed = new Set(roles);
  framework.filters.forgetRoles(new Set([...framework.suppressed].filter((role) => !suppressed.has(role))));
  framework.suppressed = suppressed;
}

function setConstraints(framework: FrameworkRecord, constraints: OfferConstraints | undefined): void {
  if (constraints === undefined) delete framework.constraints;
  else framework.constraints = constraints;
}

/** UPDATE_FRAMEWORK: everything is changed, or nothing is and the problem is returned. */
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
  state.publish({ type: "FRAMEWORK_UPDATED", framework });
  tellAgents(state, framework);
  state.services.saveRegistry();
  state.allocateSoon();
  return undefined;
}

/** Sends again what the old subscription did not acknowledge: the agents would repeat it only after a pause. */
function resume(state: MasterState, framework: FrameworkRecord): void {
  tellAgents(state, framework);
  for (const { unacknowledged } of framework.tasks.values()) {
    if (unacknowledged !== undefined) state.sendUpdate(framework, unacknowledged);
  }
}

function tellAgents(state: MasterState, framework: FrameworkRecord): void {
  for (const agentId of state.agents.keys()) {
    state.sendToAgent(agentId, {
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
