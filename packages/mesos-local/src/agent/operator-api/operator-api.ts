// POST /api/v1 of the agent: calls that read, as recorded in operator-api. Calls that change something are refused.
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import { methodNotAllowed, textAnswer, v1Answer } from "../../http/answer.ts";
import {
  acceptedType,
  accepts,
  agentWords,
  double,
  type JsonValue,
  type MediaType,
  mediaTypeOf,
  readBody,
  toJson,
  writeJsonBody,
} from "../../wire/index.ts";
import { mesosVersion } from "../../wire/mesos-version.ts";
import type { HttpAnswer, HttpHandler, HttpRequest } from "../http/http-server.ts";
import type { AgentContext } from "../state/agent-context.ts";
import {
  type AgentFramework,
  type AgentTask,
  type ExecutorRun,
  isEnded,
  latestStatus,
  taskState,
} from "../state/agent-state.ts";
import { flagsView } from "./agent-views.ts";
import { containerViews } from "./container-statistics.ts";
import { metricsView } from "./metrics-view.ts";
import type { SandboxFiles } from "./sandbox-files.ts";

type Fields = { readonly [key: string]: JsonValue | undefined };

interface OperatorApiOptions {
  readonly context: AgentContext;
  readonly files: SandboxFiles;
  /** UNIX milliseconds. */
  readonly startedAt: number;
}

type Call = (options: OperatorApiOptions, call: Fields) => Fields | HttpAnswer | Promise<Fields | HttpAnswer>;

const isAnswer = (result: Fields | HttpAnswer): result is HttpAnswer => typeof result.status === "number";

export function operatorApi(options: OperatorApiOptions): HttpHandler {
  return async (request) => {
    if (request.method !== "POST") return methodNotAllowed(request.method, "POST");
    const media = mediaTypes(request.headers);
    if ("refused" in media) return media.refused;
    let call: Fields;
    try {
      call = readBody("agent.Call", media.content, await request.body(), agentWords);
    } catch (error) {
      if (!(error instanceof CkeError && error.status === 400)) throw error;
      return textAnswer(400, error.message);
    }
    const { type } = call;
    if (typeof type !== "string") {
      return textAnswer(400, "Failed to validate agent::Call: Expecting 'type' to be present");
    }
    const answer = Object.hasOwn(calls, type) ? calls[type] : undefined;
    if (answer === undefined) return textAnswer(501, `${type} is not implemented by the embedded Mesos`);
    const result = await answer(options, call);
    if (isAnswer(result)) return result;
    return v1Answer(writeJsonBody("agent.Response", media.accept, { type, ...result }), media.accept);
  };
}

type MediaTypes = { readonly content: MediaType; readonly accept: MediaType } | { readonly refused: HttpAnswer };

/** The forms of a call and of its answer. Streams of records are for calls that this agent does not have. */
function mediaTypes(headers: HttpRequest["headers"]): MediaTypes {
  const type = headers["content-type"];
  if (type === undefined) return { refused: textAnswer(400, "Expecting 'Content-Type' to be present") };
  const content = mediaTypeOf(type);
  if (content === undefined) {
    const words =
      type === "application/recordio"
        ? "Streaming 'Content-Type' application/recordio is not supported by the embedded Mesos"
        : "Expecting 'Content-Type' of application/json or application/x-protobuf or application/recordio";
    return { refused: textAnswer(415, words) };
  }
  if (headers["message-content-type"] !== undefined) {
    const words = "Expecting 'Message-Content-Type' to be not set for non-streaming requests";
    return { refused: textAnswer(415, words) };
  }
  const accept = acceptedType(headers.accept);
  if (accept === undefined) {
    const words = accepts(headers.accept, "application/recordio")
      ? "Streaming response is not supported by the embedded Mesos"
      : "Expecting 'Accept' to allow application/json or application/x-protobuf or application/recordio";
    return { refused: textAnswer(406, words) };
  }
  if (headers["message-accept"] !== undefined) {
    const words = "Expecting 'Message-Accept' to be not set for non-streaming responses";
    return { refused: textAnswer(406, words) };
  }
  return { content, accept };
}

const calls: Readonly<Record<string, Call>> = {
  GET_HEALTH: () => ({ get_health: { healthy: true } }),
  GET_FLAGS: ({ context }) => ({
    get_flags: { flags: Object.entries(flagsView(context)).map(([name, value]) => ({ name, value })) },
  }),
  GET_VERSION: () => {
    const { version, build_date, build_time, build_user, git_sha, git_branch } = mesosVersion;
    const build = { build_date, build_time: double(build_time), build_user };
    return { get_version: { version_info: { version, ...build, git_sha, git_branch } } };
  },
  GET_LOGGING_LEVEL: () => ({ get_logging_level: { level: 0 } }),
  GET_METRICS: ({ context, startedAt }, call) => {
    if (call.get_metrics === undefined) {
      return textAnswer(400, "Failed to validate agent::Call: Expecting 'get_metrics' to be present");
    }
    const metrics = metricsView(context, startedAt);
    return { get_metrics: { metrics: metrics.map(([name, value]) => ({ name, value: double(value) })) } };
  },
  GET_STATE: ({ context }) => ({
    get_state: {
      get_tasks: tasksMessage(context),
      get_executors: executorsMessage(context),
      get_frameworks: frameworksMessage(context),
    },
  }),
  GET_AGENT: ({ context }) => ({ get_agent: { agent_info: toJson(context.agentInfo(), "AgentInfo") } }),
  GET_FRAMEWORKS: ({ context }) => ({ get_frameworks: frameworksMessage(context) }),
  GET_EXECUTORS: ({ context }) => ({ get_executors: executorsMessage(context) }),
  GET_OPERATIONS: () => ({ get_operations: {} }),
  GET_RESOURCE_PROVIDERS: () => ({ get_resource_providers: {} }),
  GET_TASKS: ({ context }) => ({ get_tasks: tasksMessage(context) }),
  GET_CONTAINERS: async ({ context }) => {
    const containers = (await containerViews(context)).map(({ run, statistics, status }) => ({
      framework_id: { value: run.key.framework },
      executor_id: { value: run.key.executor },
      executor_name: run.info.name ?? "",
      container_id: { value: run.key.container },
      container_status: status,
      resource_statistics: statistics,
    }));
    return { get_containers: containers.length === 0 ? {} : { containers } };
  },
  LIST_FILES: async ({ files }, call) => {
    const wanted = z.object({ path: z.string() }).safeParse(call.list_files);
    if (!wanted.success) return textAnswer(400, "Failed to validate agent::Call: Expecting 'list_files' to be present");
    return await files.listMessage(wanted.data.path);
  },
  READ_FILE: async ({ files }, call) => {
    const wanted = readFileSchema.safeParse(call.read_file);
    if (!wanted.success) return textAnswer(400, "Failed to validate agent::Call: Expecting 'read_file' to be present");
    const { path, offset, length } = wanted.data;
    return await files.readMessage(path, offset, length);
  },
};

const readFileSchema = z.object({
  path: z.string(),
  offset: z.int().min(0).default(0),
  length: z.int().min(0).optional(),
});

const frameworksOf = ({ state }: AgentContext) => [...state.frameworks.values(), ...state.completedFrameworks];
const runsOf = (framework: AgentFramework) => [...framework.runs.values(), ...framework.completedRuns];

function tasksMessage(context: AgentContext): JsonValue {
  const all = frameworksOf(context).flatMap(runsOf);
  const of = (pick: (run: ExecutorRun) => AgentTask[]) =>
    all.flatMap((run) => pick(run).map((task) => taskMessage(run, task)));
  return {
    pending_tasks: [],
    queued_tasks: of((run) => [...run.tasks.values()].filter((task) => !task.delivered && !isEnded(task))),
    launched_tasks: of((run) => [...run.tasks.values()].filter((task) => task.delivered && !isEnded(task))),
    terminated_tasks: of((run) => [...run.tasks.values()].filter(isEnded)),
    completed_tasks: of((run) => run.completed),
  };
}

function taskMessage(run: ExecutorRun, task: AgentTask): JsonValue {
  const latest = latestStatus(task);
  const update =
    latest === undefined ? {} : { status_update_state: latest.state, status_update_uuid: latest.uuid ?? "" };
  const message = {
    ...task.info,
    framework_id: { value: run.key.framework },
    executor_id: { value: run.key.executor },
    state: taskState(task),
    statuses: task.statuses,
    ...update,
  };
  return toJson(message, "Task");
}

function executorsMessage(context: AgentContext): JsonValue {
  const view = (run: ExecutorRun) => ({ executor_info: toJson(run.info, "ExecutorInfo") });
  const frameworks = frameworksOf(context);
  return {
    executors: frameworks.flatMap(({ runs }) => [...runs.values()].map(view)),
    completed_executors: frameworks.flatMap(({ completedRuns }) => completedRuns.map(view)),
  };
}

function frameworksMessage({ state }: AgentContext): JsonValue {
  const view = ({ info }: AgentFramework) => ({ framework_info: toJson(info, "FrameworkInfo") });
  return {
    frameworks: [...state.frameworks.values()].map(view),
    completed_frameworks: state.completedFrameworks.map(view),
  };
}
