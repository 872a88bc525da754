// POST /api/v1/scheduler: the same checks as in Mesos, in the same order and with the same texts, then the call itself.
// Facts: recordings scheduler-errors, failover, scheduler-lifecycle.
import { randomUUID } from "node:crypto";
import { isValidUuid, parseSchedulerCall, type SchedulerCall, type SchedulerCallOf } from "@cke/mesos";
import { type Answer, accepted, done, methodNotAllowed, textAnswer } from "../../http/answer.ts";
import type { HttpRequest } from "../../http/server.ts";
import { type JsonObject, json, type MediaType, writeBody } from "../../wire/index.ts";
import { disconnectFramework, removeFramework } from "../frameworks/framework-removal.ts";
import { subscribe, updateFramework } from "../frameworks/subscription.ts";
import { revive, suppress } from "../frameworks/suppression.ts";
import { answerForm, callOf } from "../http/call-request.ts";
import { answerInverseOffers } from "../offers/inverse-offers.ts";
import { accept, decline } from "../operations/accept.ts";
import { acknowledgeOperation, reconcileOperations } from "../operations/operations.ts";
import type { MasterState } from "../state/master-state.ts";
import type { EventStream, FrameworkRecord } from "../state/records.ts";
import { acknowledge, killTask, reconcile, sendMessage, shutdownExecutor } from "../tasks/task-calls.ts";
import { countCall } from "./call-counters.ts";

const bad = (message: string) => textAnswer(400, message);

/**
 * Answers a request to the scheduler API; undefined when it became an event stream. `principal` is the authenticated one,
 * if that is asked for.
 */
export function schedulerEndpoint(
  state: MasterState,
  request: HttpRequest,
  principal?: string | undefined,
): Answer | undefined {
  if (request.method !== "POST") return methodNotAllowed(request.method, "POST");
  const read = callOf(request, "scheduler.Call");
  if ("refused" in read) return read.refused;
  const problem = callProblem(read.call, principal);
  if (problem !== undefined) return bad(`Failed to validate scheduler::Call: ${problem}`);
  if (read.call.type === "UNKNOWN") return textAnswer(501, "501 Not Implemented.");
  const call = parseSchedulerCall(read.call);
  countCall(state, call);
  // RECONCILE_OPERATIONS has no answer to write, but Mesos looks at what its client would take.
  const answered = call.type === "SUBSCRIBE" || call.type === "RECONCILE_OPERATIONS" ? answerForm(request) : anyForm;
  if ("refused" in answered) return answered.refused;
  return call.type === "SUBSCRIBE"
    ? openSubscription(state, request, withPrincipal(call, principal), answered.form)
    : schedulerCall(state, request.header("mesos-stream-id"), call, principal);
}

const anyForm = { form: json } as const;

const optionalParts = new Set(["TEARDOWN", "REVIVE", "SUPPRESS", "UNKNOWN"]);
const idOf = (value: JsonObject[string]) =>
  isRecord(value) && typeof value.value === "string" ? value.value : undefined;
const isRecord = (value: unknown): value is JsonObject => typeof value === "object" && value !== null;

/** What Mesos' call validation would say. */
function callProblem(call: JsonObject, principal: string | undefined): string | undefined {
  const { type } = call;
  if (typeof type !== "string") return "Expecting 'type' to be present";
  const part = type.toLowerCase();
  const content = call[part];
  const frameworkId = idOf(call.framework_id);
  if (type === "SUBSCRIBE") {
    if (!isRecord(content)) return "Expecting 'subscribe' to be present";
    const inner = isRecord(content.framework_info) ? idOf(content.framework_info.id) : undefined;
    if (frameworkId !== inner) return "'framework_id' differs from 'subscribe.framework_info.id'";
    return principalProblem(principal, isRecord(content.framework_info) ? content.framework_info.principal : undefined);
  }
  if (frameworkId === undefined) return "Expecting 'framework_id' to be present";
  if (optionalParts.has(type)) return undefined;
  if (!isRecord(content)) return `Expecting '${part}' to be present`;
  if (type === "UPDATE_FRAMEWORK") {
    const inner = isRecord(content.framework_info) ? idOf(content.framework_info.id) : undefined;
    return frameworkId === inner ? undefined : "'framework_id' differs from 'update_framework.framework_info.id'";
  }
  const uuid = type.startsWith("ACKNOWLEDGE") ? content.uuid : undefined;
  if (typeof uuid === "string" && !isValidUuid(uuid)) return "Not a valid UUID";
  const lost = type === "ACKNOWLEDGE_OPERATION_STATUS" && content.agent_id === undefined;
  return lost ? "Expecting 'agent_id' to be present" : undefined;
}

/** The principal in FrameworkInfo is absent, or the one that the framework authenticated with. */
function principalProblem(principal: string | undefined, told: unknown): string | undefined {
  if (principal === undefined || typeof told !== "string" || told === principal) return undefined;
  return `Authenticated principal '${principal}' does not match principal '${told}' set in \`FrameworkInfo\``;
}

/** Fills in the principal that the framework authenticated with, where FrameworkInfo has none. */
function withPrincipal(
  call: SchedulerCallOf<"SUBSCRIBE">,
  principal: string | undefined,
): SchedulerCallOf<"SUBSCRIBE"> {
  if (principal === undefined) return call;
  const { framework_info } = call.subscribe;
  return { ...call, subscribe: { ...call.subscribe, framework_info: { ...framework_info, principal } } };
}

function openSubscription(
  state: MasterState,
  request: HttpRequest,
  call: SchedulerCallOf<"SUBSCRIBE">,
  form: MediaType,
): Answer | undefined {
  if (request.header("mesos-stream-id") !== undefined) {
    return bad("Subscribe calls should not include the 'Mesos-Stream-Id' header");
  }
  const id = randomUUID();
  const records = request.openStream([
    ["Mesos-Stream-Id", id],
    ["Content-Type", form],
  ]);
  const stream: EventStream = {
    id,
    send: (event) => records.send(writeBody("scheduler.Event", form, event)),
    end: () => records.end(),
  };
  records.onClose(() => {
    const framework = [...state.frameworks.values()].find((candidate) => candidate.stream?.id === id);
    if (framework !== undefined) disconnectFramework(state, framework, id);
  });
  subscribe(state, call, stream);
  return undefined;
}

/** Every call but SUBSCRIBE. */
export type FrameworkCall = Exclude<SchedulerCall, SchedulerCallOf<"SUBSCRIBE">>;

/** Answers a call on the subscription with this stream id. */
export function schedulerCall(
  state: MasterState,
  streamId: string | undefined,
  call: FrameworkCall,
  principal?: string | undefined,
): Answer {
  const id = call.framework_id?.value ?? "";
  const framework = state.frameworks.get(id);
  if (framework === undefined) return bad("Framework cannot be found");
  const stranger = principalProblem(principal, framework.info.principal ?? "");
  if (stranger !== undefined) return bad(stranger);
  if (framework.stream === undefined) return textAnswer(403, "Framework is not subscribed");
  if (streamId === undefined) return bad("All non-subscribe calls should include the 'Mesos-Stream-Id' header");
  if (streamId !== framework.stream.id) {
    return bad(
      `The stream ID '${streamId}' included in this request didn't match the stream ID currently associated with framework ID ${id}`,
    );
  }
  if (call.type === "UPDATE_FRAMEWORK") {
    const problem = updateFramework(state, framework, call);
    return problem === undefined ? done : bad(problem);
  }
  perform(state, framework, call);
  return accepted;
}

function perform(
  state: MasterState,
  framework: FrameworkRecord,
  call: Exclude<FrameworkCall, SchedulerCallOf<"UPDATE_FRAMEWORK">>,
): void {
  switch (call.type) {
    case "TEARDOWN":
      removeFramework(state, framework);
      break;
    case "ACCEPT":
      accept(state, framework, call);
      break;
    case "DECLINE":
      decline(state, framework, call);
      break;
    case "REVIVE":
      revive(state, framework, call.revive?.roles ?? []);
      break;
    case "SUPPRESS":
      suppress(framework, call.suppress?.roles ?? []);
      break;
    case "KILL":
      killTask(state, framework, call);
      break;
    case "SHUTDOWN":
      shutdownExecutor(state, framework, call);
      break;
    case "ACKNOWLEDGE":
      acknowledge(state, framework, call);
      break;
    case "ACKNOWLEDGE_OPERATION_STATUS":
      acknowledgeOperation(framework, call);
      break;
    case "RECONCILE":
      reconcile(state, framework, call);
      break;
    case "RECONCILE_OPERATIONS":
      reconcileOperations(state, framework, call);
      break;
    case "MESSAGE":
      sendMessage(state, framework, call);
      break;
    case "ACCEPT_INVERSE_OFFERS":
      answerInverseOffers(state, framework, "ACCEPT", call.accept_inverse_offers);
      break;
    case "DECLINE_INVERSE_OFFERS":
      answerInverseOffers(state, framework, "DECLINE", call.decline_inverse_offers);
      break;
    case "REQUEST":
      // Mesos' own allocator ignores it.
      break;
  }
}
