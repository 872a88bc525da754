// POST /api/v1/executor, as recorded in executor-lifecycle, executor-errors and executor-lost: order of the checks, status
// codes and texts are mesos-agent's.
import { CkeError } from "@cke/foundation";
import { type CheckStatusInfo, type ExecutorCall, isValidUuid, parseExecutorCall, type TaskStatus } from "@cke/mesos";
import { accepted, methodNotAllowed, textAnswer } from "../../http/answer.ts";
import { acceptedType, type JsonObject, json, type MediaType, mediaTypeOf, readBody } from "../../wire/index.ts";
import type { RunKey } from "../checkpoint/checkpoint.ts";
import type { ExecutorClaims } from "../checkpoint/executor-tokens.ts";
import type { Executors } from "../executors/executors.ts";
import type { HttpHandler, HttpRequest, HttpResult } from "../http/http-server.ts";
import type { AgentContext } from "../state/agent-context.ts";
import type { ExecutorRun } from "../state/agent-state.ts";
import { ExecutorStream } from "../state/executor-stream.ts";

interface ExecutorApiOptions {
  readonly context: AgentContext;
  readonly executors: Executors;
  /** False until the agent has recovered its executors. */
  readonly recovered: () => boolean;
}

export function executorApi({ context, executors, recovered }: ExecutorApiOptions): HttpHandler {
  return async (request) => {
    const tokens = context.tokens();
    const claims = tokens?.verify(request.headers.authorization);
    if (tokens !== undefined && claims === undefined) {
      return textAnswer(401, "401 Unauthorized.", [["WWW-Authenticate", 'Bearer realm="mesos-agent-executor"']]);
    }
    if (request.method !== "POST") return methodNotAllowed(request.method, "POST");
    if (!recovered()) return textAnswer(503, "Agent has not finished recovery");
    const type = request.headers["content-type"];
    if (type === undefined) return textAnswer(400, "Expecting 'Content-Type' to be present");
    const form = mediaTypeOf(type);
    if (form === undefined) {
      return textAnswer(415, "Expecting 'Content-Type' of application/json or application/x-protobuf");
    }
    const body = await request.body();
    let call: ExecutorCall;
    try {
      call = readExecutorCall(body, form);
    } catch (error) {
      if (!(error instanceof CkeError) || error.code !== "invalid_executor_call") throw error;
      context.metrics.invalidUpdates += 1;
      return textAnswer(error.status, error.message);
    }
    return await dispatch(context, executors, request, call, claims);
  };
}

async function dispatch(
  context: AgentContext,
  executors: Executors,
  request: HttpRequest,
  call: ExecutorCall,
  claims: ExecutorClaims | undefined,
): Promise<HttpResult> {
  const { state, queue } = context;
  // The ids in the request may not exist.
  if (call.type === "HEARTBEAT") return accepted;
  const form = call.type === "SUBSCRIBE" ? acceptedType(request.headers.accept) : json;
  if (form === undefined) {
    return textAnswer(406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'");
  }
  const framework = state.framework(call.framework_id.value);
  if (framework === undefined) return textAnswer(400, "Framework cannot be found");
  const run = framework.runs.get(call.executor_id.value);
  if (run === undefined || run.kind !== "custom") return textAnswer(400, "Executor cannot be found");
  if (claims !== undefined && !isOf(claims, run.key)) return textAnswer(403, "403 Forbidden.");
  if (call.type === "SUBSCRIBE") {
    return (response) => queue.run(() => executors.subscribe(run, call, new ExecutorStream(response, form)));
  }
  if (!run.subscribed) return textAnswer(403, "Executor is not subscribed");
  queue.post(() => handle(executors, run, call));
  return accepted;
}

const isOf = ({ fid, eid, cid }: ExecutorClaims, { framework, executor, container }: RunKey) =>
  fid === framework && eid === executor && cid === container;

async function handle(executors: Executors, run: ExecutorRun, call: ExecutorCall): Promise<void> {
  if (call.type === "UPDATE") {
    await executors.update(run, call.update);
  } else if (call.type === "MESSAGE") {
    executors.message(run, call.message.data);
  }
}

/** Reads a call. Throws CkeError `invalid_executor_call` (status 400 or 501) with mesos-agent's words. */
export function readExecutorCall(body: Buffer, form: MediaType = json): ExecutorCall {
  let call: JsonObject;
  try {
    call = readBody("executor.Call", form, body);
  } catch (error) {
    if (error instanceof CkeError && error.code === "invalid_body") throw invalid(error.message);
    throw error;
  }
  const type = typeof call.type === "string" ? call.type : undefined;
  const content: Readonly<Record<string, string>> = { SUBSCRIBE: "subscribe", UPDATE: "update", MESSAGE: "message" };
  const field = type === undefined ? "type" : content[type];
  if (field !== undefined && call[field] === undefined) {
    throw invalid(`Failed to validate Executor::Call: Expecting '${field}' to be present`);
  }
  if (type === "UNKNOWN") throw invalid("501 Not Implemented.", 501);
  const parsed = parseExecutorCall(call);
  const problem = parsed.type === "UPDATE" ? updateProblem(parsed, parsed.update.status) : undefined;
  if (problem !== undefined) throw invalid(`Failed to validate Executor::Call: ${problem}`);
  return parsed;
}

const invalid = (message: string, status = 400) => new CkeError("invalid_executor_call", message, { status });

/** What is wrong with an UPDATE; undefined when nothing is. */
function updateProblem(call: ExecutorCall, status: TaskStatus): string | undefined {
  const executor = call.executor_id.value;
  const from = `from executor ${executor} of framework ${call.framework_id.value}`;
  if (status.uuid === undefined) return "Expecting 'uuid' to be present";
  if (!isValidUuid(status.uuid)) return "Not a valid UUID";
  if (status.executor_id !== undefined && status.executor_id.value !== executor) {
    return `ExecutorID in Call: ${executor} does not match ExecutorID in TaskStatus: ${status.executor_id.value}`;
  }
  if (status.source !== "SOURCE_EXECUTOR") {
    return `Received Call ${from} with invalid source, expecting 'SOURCE_EXECUTOR'`;
  }
  if (status.state === "TASK_STAGING") return `Received TASK_STAGING ${from} which is not allowed`;
  return checkStatusProblem(status.check_status);
}

function checkStatusProblem(status: CheckStatusInfo | undefined): string | undefined {
  if (status === undefined) return undefined;
  const { type, command, http, tcp } = status;
  if (type === undefined) return "CheckStatusInfo must specify 'type'";
  const parts: Readonly<Record<string, object | undefined>> = { COMMAND: command, HTTP: http, TCP: tcp };
  if (!Object.hasOwn(parts, type)) return `'${type}' is not a valid check's status type`;
  return parts[type] === undefined
    ? `Expecting '${type.toLowerCase()}' to be set for ${type} check's status`
    : undefined;
}
