// When the Mesos master is asked for everything that it knows (implicit reconciliation), and when it has named it all. Pure.
// After its own restart a master names no task of an agent that is not back yet. So it is asked first whether all agents
// are back. Only what it names after that answer is everything; the answer for a last task id marks the end of it. Asking
// in the other order would miss an agent that comes back between the names and their end.

export const implicitEveryMs = 900_000;
/** Without an answer to the question everything is asked for all the same after this time; the question is repeated. */
export const askAgentsEveryMs = 5_000;
/** A call that Mesos did not take is repeated after this time. */
const repeatMs = 1_000;

/**
 * No task has this id. While an agent is not back, a master gives no answer for a task of which nobody knows the agent.
 * So the answer for this id says that all agents are back.
 */
export const agentsBackTaskId = "cke-agents-back";
/** No task has this id either. A master answers in order, so the answer for it marks the end of the names before it. */
export const sentinelTaskId = "cke-reconciliation-end";

export type ImplicitCall = "agents-back" | "everything" | "everything-with-end";

export interface ImplicitReconciliation {
  /**
   * What this subscription knows: nothing; all agents are back; the same, and the end of the names was asked for; Mesos
   * has named every task.
   */
  readonly stage: "asking" | "agents-back" | "end-asked" | "everything-named";
  /** When everything is asked for next. */
  readonly everythingMs: number;
  /** When it is asked next whether all agents are back; without meaning in stages that do not ask it. */
  readonly questionMs: number;
}

/** After a subscription. */
export function beginImplicit(now: number): ImplicitReconciliation {
  return { stage: "asking", everythingMs: now + askAgentsEveryMs, questionMs: now };
}

/** The call that is due; `explicitSent`: every live task has been asked for. */
export function dueCall(state: ImplicitReconciliation, now: number, explicitSent: boolean): ImplicitCall | undefined {
  const asks = state.stage === "asking" || state.stage === "end-asked";
  if (asks && now >= state.questionMs) return "agents-back";
  if (!explicitSent || now < state.everythingMs) return undefined;
  return state.stage === "agents-back" ? "everything-with-end" : "everything";
}

/** The call is sent now. An answer may come before the call ends. */
export function afterCall(state: ImplicitReconciliation, call: ImplicitCall, now: number): ImplicitReconciliation {
  // An end that got no answer is asked for again, after the question.
  if (call === "agents-back") return { ...state, stage: "asking", questionMs: now + askAgentsEveryMs };
  const next = { ...state, everythingMs: now + implicitEveryMs };
  return call === "everything" ? next : { ...next, stage: "end-asked", questionMs: now + askAgentsEveryMs };
}

/** Mesos did not take the call: it may be lost. */
export function afterLostCall(state: ImplicitReconciliation, call: ImplicitCall, now: number): ImplicitReconciliation {
  if (call === "agents-back") return { ...state, questionMs: now + repeatMs };
  const stage = state.stage === "end-asked" ? "agents-back" : state.stage;
  return { ...state, stage, everythingMs: now + repeatMs };
}

/** What the answer for this id changes, when it is the id of no task. */
export function afterAnswer(
  state: ImplicitReconciliation,
  taskId: string,
  now: number,
): ImplicitReconciliation | undefined {
  if (taskId === sentinelTaskId) return { ...state, stage: "everything-named" };
  if (taskId !== agentsBackTaskId) return undefined;
  return state.stage === "asking" ? { ...state, stage: "agents-back", everythingMs: now } : state;
}
