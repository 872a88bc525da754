// The JSON of the agent's classic endpoints /state, /flags and /version. Fields, their order and number formats: recording
// operator-api.
import type { Labels, Resource, TaskStatus } from "@cke/mesos";
import { bagJson } from "../../resources/format.ts";
import { formatDuration } from "../../wire/duration.ts";
import { double, type JsonValue, plainJson, toJson } from "../../wire/index.ts";
import { agentCapabilities, mesosVersion } from "../../wire/mesos-version.ts";
import type { AgentContext } from "../state/agent-context.ts";
import { type AgentFramework, type AgentTask, type ExecutorRun, isEnded, taskState } from "../state/agent-state.ts";
import { byRole, usedByAll, usedByRun } from "../state/resource-use.ts";

type JsonFields = Readonly<Record<string, JsonValue | undefined>>;

export function versionView(): JsonValue {
  return { ...mesosVersion, build_time: double(mesosVersion.build_time) };
}

export function stateView(context: AgentContext, startedAt: number): JsonValue {
  const { settings, state, port } = context;
  const { version, git_sha, git_branch, build_date, build_time, build_user } = mesosVersion;
  const total = context.agentInfo().resources ?? [];
  const used = usedByAll(state);
  return {
    version,
    git_sha,
    git_branch,
    build_date,
    build_time: double(build_time),
    build_user,
    start_time: double(startedAt / 1000),
    id: state.agentId ?? "",
    pid: `slave(1)@${settings.ip}:${port()}`,
    hostname: settings.hostname,
    capabilities: [...agentCapabilities],
    resources: bagJson(total),
    reserved_resources: reserved(total, bagJson),
    unreserved_resources: bagJson(byRole(total).get("*") ?? []),
    reserved_resources_full: reserved(total, messages),
    unreserved_resources_full: messages(byRole(total).get("*") ?? []),
    reserved_resources_allocated: reserved(used, bagJson),
    unreserved_resources_allocated: bagJson(byRole(used).get("*") ?? []),
    resource_providers: [],
    attributes: attributesView(context),
    master_hostname: settings.master().replace(/:\d+$/, ""),
    flags: flagsView(context),
    frameworks: [...state.frameworks.values()].map(frameworkView),
    completed_frameworks: state.completedFrameworks.map(frameworkView),
  };
}

function reserved(resources: readonly Resource[], view: (resources: readonly Resource[]) => JsonValue): JsonFields {
  const roles = [...byRole(resources)].filter(([role]) => role !== "*");
  return Object.fromEntries(roles.map(([role, list]) => [role, view(list)]));
}

const messages = (resources: readonly Resource[]): JsonValue =>
  resources.map((resource) => toJson({ role: "*", ...resource }, "Resource"));

function attributesView({ settings }: AgentContext): JsonFields {
  const value = (attribute: (typeof settings.attributes)[number]): JsonValue => {
    if (attribute.scalar !== undefined) return double(attribute.scalar.value);
    const ranges = attribute.ranges?.range?.map(({ begin, end }) => `${begin}-${end}`).join(", ");
    return attribute.text?.value ?? `[${ranges ?? ""}]`;
  };
  return Object.fromEntries(settings.attributes.map((attribute) => [attribute.name, value(attribute)]));
}

/** Bytes as Mesos prints them: the largest unit that gives a whole number ("2GB"). */
function bytesText(bytes: number): string {
  const power = [4, 3, 2, 1].find((each) => bytes >= 1024 ** each && bytes % 1024 ** each === 0) ?? 0;
  return `${bytes / 1024 ** power}${["B", "KB", "MB", "GB", "TB"][power]}`;
}

/** The settings under the names that mesos-agent has for them. */
export function flagsView({ settings, port }: AgentContext): Readonly<Record<string, string>> {
  return {
    executor_registration_timeout: formatDuration(settings.executorRegistrationTimeoutMs),
    executor_reregistration_timeout: formatDuration(settings.executorReregistrationTimeoutMs),
    executor_shutdown_grace_period: formatDuration(settings.executorShutdownGracePeriodMs),
    fetcher_cache_dir: settings.fetcherCacheDir,
    fetcher_cache_size: bytesText(settings.fetcherCacheBytes),
    fetcher_stall_timeout: formatDuration(settings.fetcherStallTimeoutMs),
    gc_delay: formatDuration(settings.sandboxKeepMs),
    hostname: settings.hostname,
    ip: settings.ip,
    master: settings.master(),
    port: String(port()),
    recovery_timeout: formatDuration(settings.recoveryTimeoutMs),
    work_dir: settings.workDir,
  };
}

function frameworkView({ id, info, runs, completedRuns }: AgentFramework): JsonValue {
  return {
    id,
    name: info.name,
    user: info.user,
    failover_timeout: double(info.failover_timeout ?? 0),
    checkpoint: info.checkpoint ?? false,
    hostname: info.hostname ?? "",
    principal: info.principal,
    roles: [...(info.roles ?? [info.role ?? "*"])],
    executors: [...runs.values()].map(runView),
    completed_executors: completedRuns.map(runView),
  };
}

function runView(run: ExecutorRun): JsonValue {
  const { info, kind } = run;
  const all = [...run.tasks.values()];
  const used = run.state === "terminated" ? (info.resources ?? []) : usedByRun(run);
  return {
    id: run.key.executor,
    name: info.name ?? "",
    source: info.source ?? "",
    container: run.key.container,
    directory: run.sandbox,
    resources: bagJson(used),
    role: roleOf(used),
    labels: labelsView(info.labels),
    type: info.type ?? (kind === "default" ? "DEFAULT" : "CUSTOM"),
    tasks: all.filter((task) => task.delivered && !isEnded(task)).map((task) => taskView(run, task)),
    queued_tasks: all.filter((task) => !task.delivered && !isEnded(task)).map((task) => taskView(run, task)),
    completed_tasks: [...run.completed, ...all.filter(isEnded)].map((task) => taskView(run, task)),
  };
}

function taskView(run: ExecutorRun, task: AgentTask): JsonValue {
  const { info } = task;
  return {
    id: info.task_id.value,
    name: info.name,
    framework_id: run.key.framework,
    executor_id: run.kind === "command" ? "" : run.key.executor,
    slave_id: info.agent_id.value,
    state: taskState(task),
    resources: bagJson(info.resources ?? []),
    role: roleOf(info.resources ?? []),
    statuses: task.statuses.map(statusView),
    labels: labelsView(info.labels),
  };
}

function statusView({ state, timestamp, labels, healthy, container_status: container }: TaskStatus): JsonValue {
  const { container_id, network_infos } = container ?? {};
  const shown = container === undefined ? undefined : { container_id, network_infos };
  return {
    state,
    timestamp: double(timestamp ?? 0),
    labels: labelsView(labels),
    container_status: shown === undefined ? undefined : toJson(shown, "ContainerStatus"),
    healthy,
  };
}

const roleOf = (resources: readonly Resource[]) => resources[0]?.allocation_info?.role ?? "*";

const labelsView = (labels: Labels | undefined): JsonValue | undefined =>
  labels?.labels === undefined ? undefined : plainJson(labels.labels);
