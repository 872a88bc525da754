// POST /api/v1 of the agent: the calls that look, as recorded in operator-api. Those that change things are refused.
import { messageOf } from "@cke/foundation";
import * as z from "zod";
import { mesosVersion } from "../version-info.ts";
import {
  decodeMessage,
  double,
  JsonSyntaxError,
  type JsonValue,
  parseJson,
  stringifyJson,
  toJson,
} from "../wire/index.ts";
import type { AgentContext } from "./agent-context.ts";
import {
  type AgentFramework,
  type AgentTask,
  type ExecutorRun,
  isEnded,
  latestStatus,
  taskState,
} from "./agent-state.ts";
import { flagsView } from "./agent-views.ts";
import { containerViews } from "./container-statistics.ts";
import { apiJson, type HttpAnswer, type HttpHandler, methodNotAllowed, refusal } from "./http-server.ts";
import { metricsView } from "./metrics-view.ts";
import type { SandboxFiles } from "./sandbox-files.ts";

type Fields = { readonly [key: string]: JsonValue | undefined };

export interface OperatorApiOptions {
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
    const contentType = request.headers["content-type"];
    if (contentType === undefined) return refusal(400, "Expecting 'Content-Type' to be present");
    if (contentType !== "application/json") {
      return refusal(
        415,
        "Expecting 'Content-Type' of application/json or application/x-protobuf or application/recordio",
      );
    }
    let call: Fields;
    try {
      call = decodeMessage("any", parseJson(await request.body()));
    } catch (error) {
      const syntax = error instanceof JsonSyntaxError;
      const what = syntax ? "Failed to parse body into JSON" : "Failed to convert JSON into Call protobuf";
      return refusal(400, `${what}: ${messageOf(error)}`);
    }
    const { type } = call;
    const answer = typeof type === "string" && Object.hasOwn(calls, type) ? calls[type] : undefined;
    if (typeof type !== "string" || (answer === undefined && !/^[A-Z]+(_[A-Z]+)+$/.test(type))) {
      return refusal(400, "Failed to validate agent::Call: Expecting 'type' to be present");
    }
    if (answer === undefined) return refusal(501, `${type} is not implemented by the embedded Mesos`);
    const result = await answer(options, call);
    return isAnswer(result) ? result : apiJson(stringifyJson({ type, ...result }));
  };
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
      return refusal(400, "Failed to validate agent::Call: Expecting 'get_metrics' to be present");
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
    if (!wanted.success) return refusal(400, "Failed to validate agent::Call: Expecting 'list_files' to be present");
    return await files.listMessage(wanted.data.path);
  },
  READ_FILE: async ({ files }, call) => {
    const wanted = readFileSchema.safeParse(call.read_file);
    if (!wanted.success) return refusal(400, "Failed to validate agent::Call: Expecting 'read_file' to be present");
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
