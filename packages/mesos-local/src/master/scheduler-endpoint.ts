// POST /api/v1/scheduler: the checks of Mesos in its order with its words, then the call itself.
// Facts: recordings scheduler-errors, failover, scheduler-lifecycle.
import { randomUUID } from "node:crypto";
import { CkeError } from "@cke/foundation";
import { isValidUuid, parseSchedulerCall, type SchedulerCall, type SchedulerCallOf } from "@cke/mesos";
import { type Answer, accepted, done, methodNotAllowed, textAnswer } from "../http/answer.ts";
import type { HttpRequest } from "../http/server.ts";
import { decodeMessage, encodeMessage, type JsonObject, JsonSyntaxError, parseJson } from "../wire/index.ts";
import { accept, decline } from "./accept.ts";
import { countCall } from "./call-counters.ts";
import { disconnectFramework, removeFramework, subscribe, updateFramework } from "./frameworks.ts";
import { answerInverseOffers } from "./inverse-offers.ts";
import { acknowledgeOperation, reconcileOperations } from "./operations.ts";
import type { EventStream, FrameworkRecord } from "./records.ts";
import type { MasterState } from "./state.ts";
import { acknowledge, killTask, reconcile, sendMessage, shutdownExecutor } from "./tasks.ts";

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
  const refused = contentProblem(request, "Call");
  if (refused !== undefined) return refused;
  const json = readCall(request, "scheduler.Call", "scheduler::Call");
  if ("status" in json) return json.status;
  const problem = callProblem(json.call, principal);
  if (problem !== undefined) return bad(`Failed to validate scheduler::Call: ${problem}`);
  if (json.call.type === "UNKNOWN") return textAnswer(501, "Unknown call type");
  const call = parseSchedulerCall(json.call);
  countCall(state, call);
  return call.type === "SUBSCRIBE"
    ? openSubscription(state, request, withPrincipal(call, principal))
    : schedulerCall(state, request.header("mesos-stream-id"), call, principal);
}

/** Content types: only JSON is spoken here; a protobuf body is answered like a broken one. */
export function contentProblem(request: HttpRequest, message: string): Answer | undefined {
  const type = request.header("content-type");
  if (type === undefined) return bad("Expecting 'Content-Type' to be present");
  if (type === "application/x-protobuf") return bad(`Failed to parse body into ${message} protobuf`);
  if (type === "application/json") return undefined;
  return textAnswer(415, "Expecting 'Content-Type' of application/json or application/x-protobuf");
}

/** The body as a message of `type`, or the answer that says why not. */
function readCall(request: HttpRequest, type: string, name: string): { call: JsonObject } | { status: Answer } {
  try {
    const call = decodeMessage(type, parseJson(request.body.toString("utf8")));
    if (call.type === undefined) return { status: bad(`Failed to validate ${name}: Expecting 'type' to be present`) };
    return { call };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { status: bad(`Failed to parse body into JSON: ${error.message}`) };
    if (!(error instanceof CkeError)) throw error;
    return { status: bad(`Failed to convert JSON into Call protobuf: ${error.message}`) };
  }
}

const optionalParts = new Set(["TEARDOWN", "REVIVE", "SUPPRESS", "UNKNOWN"]);
const idOf = (value: JsonObject[string]) =>
  isRecord(value) && typeof value.value === "string" ? value.value : undefined;
const isRecord = (value: unknown): value is JsonObject => typeof value === "object" && value !== null;

/** What Mesos' call validation would say. */
function callProblem(call: JsonObject, principal: string | undefined): string | undefined {
  const type = String(call.type);
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
  return typeof uuid === "string" && !isValidUuid(uuid) ? "Not a valid UUID" : undefined;
}

/** A framework says the principal that it authenticates with, or none. */
function principalProblem(principal: string | undefined, told: unknown): string | undefined {
  if (principal === undefined || typeof told !== "string" || told === principal) return undefined;
  return `Authenticated principal '${principal}' does not match principal '${told}' set in \`FrameworkInfo\``;
}

/** A framework that does not say its principal gets the one it authenticated with. */
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
): Answer | undefined {
  if (!acceptsJson(request.header("accept"))) {
    return textAnswer(406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'");
  }
  if (request.header("mesos-stream-id") !== undefined) {
    return bad("Subscribe calls should not include the 'Mesos-Stream-Id' header");
  }
  const id = randomUUID();
  const records = request.openStream([
    ["Mesos-Stream-Id", id],
    ["Content-Type", "application/json"],
  ]);
  const stream: EventStream = {
    id,
    send: (event) => records.send(encodeMessage("scheduler.Event", event)),
    end: () => records.end(),
  };
  records.onClose(() => {
    const framework = [...state.frameworks.values()].find((candidate) => candidate.stream?.id === id);
    if (framework !== undefined) disconnectFramework(state, framework, id);
  });
  subscribe(state, call, stream);
  return undefined;
}

/** True when an Accept header lets JSON through; a missing one accepts everything. */
export function acceptsJson(header: string | undefined): boolean {
  if (header === undefined) return true;
  return header.split(",").some((part) => /^(\*\/\*|application\/(\*|json))$/.test(part.split(";")[0]?.trim() ?? ""));
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

/** Without roles: all of them. A role the framework does not have makes the whole call void, as in Mesos. */
function revive(state: MasterState, framework: FrameworkRecord, roles: readonly string[]): void {
  if (roles.some((role) => !framework.roles.includes(role))) return;
  const revived = new Set(roles.length === 0 ? framework.roles : roles);
  framework.filters.forgetRoles(revived);
  for (const role of revived) framework.suppressed.delete(role);
  state.allocateSoon();
}

function suppress(framework: FrameworkRecord, roles: readonly string[]): void {
  if (roles.some((role) => !framework.roles.includes(role))) return;
  for (const role of roles.length === 0 ? framework.roles : roles) framework.suppressed.add(role);
}
