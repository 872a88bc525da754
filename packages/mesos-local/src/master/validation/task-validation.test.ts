// What a real master answers with TASK_ERROR before anything runs, and what it lets through. Words: src/master/validation.cpp
// and src/common/validation.cpp of Mesos 1.12.
import type { CommandInfo, ContainerInfo, ExecutorInfo, HealthCheck, Resource, TaskInfo } from "@cke/mesos";
import { expect, test } from "vitest";
import { parseResources } from "../../resources/parse.ts";
import { MasterFixture, type TestFramework, taskInfo } from "../testing/master-fixture.ts";

const nothing = { id: { value: "" }, framework_id: { value: "" }, agent_id: { value: "" }, hostname: "" };
const command = (more: CommandInfo = {}): Partial<TaskInfo> => ({ command: { value: "true", ...more } });
const variable = (more: object): Partial<TaskInfo> => command({ environment: { variables: [{ name: "A", ...more }] } });
const container = (more: Partial<ContainerInfo>): Partial<TaskInfo> => ({
  ...command(),
  container: { type: "MESOS", ...more },
});
const volume = (more: object) => container({ volumes: [{ mode: "RW", container_path: "c", ...more }] });
const healthy = (health_check: HealthCheck): Partial<TaskInfo> => ({ ...command(), health_check });
const checked = (check: NonNullable<TaskInfo["check"]>): Partial<TaskInfo> => ({ ...command(), check });
const limited = (limits: NonNullable<TaskInfo["limits"]>, resources = "cpus:1;mem:64") => ({
  ...command(),
  limits,
  resources: parseResources(resources),
});
const executed = (more: Partial<ExecutorInfo>): Partial<TaskInfo> => {
  const { executor } = taskInfo(nothing, {});
  return { executor: { executor_id: { value: "e" }, ...executor, ...more } };
};
const disk = (more: Resource["disk"]): Partial<TaskInfo> => ({
  ...command(),
  resources: [...parseResources("cpus:1"), { name: "disk", type: "SCALAR", scalar: { value: 10 }, disk: more ?? {} }],
});
const data = (text: string) => ({ data: Buffer.from(text).toString("base64") });

/** A framework with an offer of everything. */
function setting(): { master: MasterFixture; framework: TestFramework } {
  const master = new MasterFixture();
  master.register("cpus:8;mem:16384;disk:1000;gpus:4");
  const framework = master.subscribe();
  const record = master.record(framework);
  record.capabilities = new Set([...record.capabilities, "GPU_RESOURCES"]);
  master.allocate();
  return { master, framework };
}

/** The message of the task's update; undefined when it was launched. */
function answerTo(task: Partial<TaskInfo>): string | undefined {
  const { master, framework } = setting();
  master.launch(framework, [task]);
  master.check();
  const [update] = framework.events.flatMap((event) => (event.type === "UPDATE" ? [event.update.status] : []));
  if (update !== undefined) expect([update.state, update.reason]).toEqual(["TASK_ERROR", "REASON_TASK_INVALID"]);
  return update?.message;
}

const of = (type: "VALUE" | "SECRET", words: string) =>
  `Task's \`CommandInfo\` is invalid: Environment variable 'A' ${words.replace("%", `of type '${type}'`)}`;

test.each<[string, Partial<TaskInfo>, string]>([
  ["a value that is missing", variable({}), of("VALUE", "% must have a value set")],
  ["a value with a secret", variable({ value: "v", secret: {} }), of("VALUE", "% must not have a secret set")],
  ["a secret that is missing", variable({ type: "SECRET" }), of("SECRET", "% must have a secret set")],
  [
    "a secret with a value",
    variable({ type: "SECRET", value: "v", secret: {} }),
    of("SECRET", "% must not have a value set"),
  ],
  [
    "no reference",
    variable({ type: "SECRET", secret: { type: "REFERENCE" } }),
    of("SECRET", "specifies an invalid secret: Secret of type REFERENCE must have the 'reference' field set"),
  ],
  [
    "a reference with a value",
    variable({ type: "SECRET", secret: { type: "REFERENCE", reference: { name: "r" }, value: data("v") } }),
    of("SECRET", "specifies an invalid secret: Secret 'r' of type REFERENCE must not have the 'value' field set"),
  ],
  [
    "no value of a secret",
    variable({ type: "SECRET", secret: { type: "VALUE" } }),
    of("SECRET", "specifies an invalid secret: Secret of type VALUE must have the 'value' field set"),
  ],
  [
    "a value with a reference",
    variable({ type: "SECRET", secret: { type: "VALUE", value: data("v"), reference: { name: "r" } } }),
    of("SECRET", "specifies an invalid secret: Secret of type VALUE must not have the 'reference' field set"),
  ],
  [
    "a secret with a zero in it",
    variable({ type: "SECRET", secret: { type: "VALUE", value: data("a\0b") } }),
    of("SECRET", "specifies a secret containing null bytes, which is not allowed in the environment"),
  ],
  [
    "a variable of an unknown type",
    variable({ type: "UNKNOWN", value: "v" }),
    "Task's `CommandInfo` is invalid: Environment variable of type 'UNKNOWN' is not allowed",
  ],
  ["a health check without a type", healthy({}), "Task uses invalid health check: HealthCheck must specify 'type'"],
  [
    "a health check of an unknown type",
    healthy({ type: "UNKNOWN" }),
    "Task uses invalid health check: 'UNKNOWN' is not a valid health check type",
  ],
  [
    "COMMAND without one",
    healthy({ type: "COMMAND" }),
    "Task uses invalid health check: Expecting 'command' to be set for COMMAND health check",
  ],
  [
    "an empty shell command",
    healthy({ type: "COMMAND", command: {} }),
    "Task uses invalid health check: Command health check must contain 'shell command'",
  ],
  [
    "an empty executable",
    healthy({ type: "COMMAND", command: { shell: false } }),
    "Task uses invalid health check: Command health check must contain 'executable path'",
  ],
  [
    "a variable of a health check",
    healthy({ type: "COMMAND", command: { value: "v", environment: { variables: [{ name: "B" }] } } }),
    "Task uses invalid health check: Health check's `CommandInfo` is invalid: Environment variable 'B' of type 'VALUE' must have a value set",
  ],
  [
    "HTTP without one",
    healthy({ type: "HTTP" }),
    "Task uses invalid health check: Expecting 'http' to be set for HTTP health check",
  ],
  [
    "a scheme of its own",
    healthy({ type: "HTTP", http: { port: 80, scheme: "ftp" } }),
    "Task uses invalid health check: Unsupported HTTP health check scheme: 'ftp'",
  ],
  [
    "a relative path",
    healthy({ type: "HTTP", http: { port: 80, path: "p" } }),
    "Task uses invalid health check: The path 'p' of HTTP health check must start with '/'",
  ],
  [
    "TCP without one",
    healthy({ type: "TCP" }),
    "Task uses invalid health check: Expecting 'tcp' to be set for TCP health check",
  ],
  [
    "a negative delay",
    healthy({ type: "TCP", tcp: { port: 1 }, delay_seconds: -1 }),
    "Task uses invalid health check: Expecting 'delay_seconds' to be non-negative",
  ],
  [
    "a negative grace period",
    healthy({ type: "TCP", tcp: { port: 1 }, grace_period_seconds: -1 }),
    "Task uses invalid health check: Expecting 'grace_period_seconds' to be non-negative",
  ],
  ["a check without a type", checked({}), "Task uses invalid check: CheckInfo must specify 'type'"],
  [
    "a COMMAND check without one",
    checked({ type: "COMMAND" }),
    "Task uses invalid check: Expecting 'command' to be set for COMMAND check",
  ],
  [
    "a check's empty command",
    checked({ type: "COMMAND", command: { command: {} } }),
    "Task uses invalid check: Command check must contain 'shell command'",
  ],
  [
    "a check's relative path",
    checked({ type: "HTTP", http: { port: 80, path: "p" } }),
    "Task uses invalid check: The path 'p' of HTTP check must start with '/'",
  ],
  [
    "a check's negative timeout",
    checked({ type: "TCP", tcp: { port: 1 }, timeout_seconds: -0.5 }),
    "Task uses invalid check: Expecting 'timeout_seconds' to be non-negative",
  ],
  ["a limit of disk", limited({ disk: { value: 1 } }), "Only cpus and mem may be included in a task's resource limits"],
  [
    "a limit below the request",
    limited({ cpus: { value: 0.5 } }),
    "The cpu limit must be greater than or equal to the cpu request",
  ],
  [
    "a limit without a request",
    limited({ cpus: { value: 1 } }, "mem:64"),
    "When a CPU limit is specified, a CPU request must also be specified",
  ],
  [
    "a memory limit below the request",
    limited({ mem: { value: 32 } }),
    "The memory limit must be greater than or equal to the memory request",
  ],
  [
    "a memory limit without a request",
    limited({ mem: { value: 32 } }, "cpus:1"),
    "When a memory limit is specified, a memory request must also be specified",
  ],
  [
    "a volume of nothing",
    volume({}),
    "Task's `ContainerInfo` is invalid: Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'",
  ],
  [
    "a volume of two things",
    volume({ host_path: "/h", source: { type: "SECRET" } }),
    "Task's `ContainerInfo` is invalid: Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'",
  ],
  [
    "a source of no type",
    volume({ source: {} }),
    "Task's `ContainerInfo` is invalid: Invalid volume: 'source.type' is unknown",
  ],
  [
    "a source without its field",
    volume({ source: { type: "DOCKER_VOLUME" } }),
    "Task's `ContainerInfo` is invalid: Invalid volume: 'source.docker_volume' is not set for DOCKER_VOLUME volume",
  ],
  [
    "a CSI volume to be made",
    volume({ source: { type: "CSI_VOLUME", csi_volume: { plugin_name: "p" } } }),
    "Task's `ContainerInfo` is invalid: Invalid volume: 'source.csi_volume.static_provisioning' is not set for CSI volume",
  ],
  [
    "DOCKER without docker",
    container({ type: "DOCKER" }),
    "Task's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo",
  ],
  [
    "a name for docker",
    container({ type: "DOCKER", docker: { image: "i", parameters: [{ key: "name", value: "n" }] } }),
    "Task's `ContainerInfo` is invalid: Parameter in DockerInfo must not be 'name'",
  ],
  [
    "cgroups of its own",
    container({ linux_info: { share_cgroups: false } }),
    "Only tasks in a task group may have 'share_cgroups' set to 'false'",
  ],
  [
    "half a GPU",
    { ...command(), resources: parseResources("cpus:1;gpus:0.5") },
    "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
  ],
  ["an empty DiskInfo", disk({}), "Task uses invalid resources: Invalid DiskInfo: DiskInfo is set but empty"],
  [
    "an unreserved volume",
    disk({ persistence: { id: "p" } }),
    "Task uses invalid resources: Invalid DiskInfo: Persistent volumes cannot be created from unreserved resources",
  ],
  [
    "a negative grace period of a kill",
    { ...command(), kill_policy: { grace_period: { nanoseconds: -1 } } },
    "Task's 'kill_policy.grace_period' must be non-negative",
  ],
  [
    "a negative time to complete",
    { ...command(), max_completion_time: { nanoseconds: -1n } },
    "Task's `max_completion_time` must be non-negative",
  ],
  [
    "a negative grace period of an executor",
    executed({ shutdown_grace_period: { nanoseconds: -1 } }),
    "ExecutorInfo's 'shutdown_grace_period' must be non-negative",
  ],
  [
    "a command that DEFAULT has",
    executed({ type: "DEFAULT" }),
    "'ExecutorInfo.command' must not be set for 'DEFAULT' executor",
  ],
  [
    "an executor's half GPU",
    executed({ resources: parseResources("cpus:1;gpus:0.5") }),
    "Executor uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
  ],
  [
    "an executor's container",
    executed({ container: { type: "DOCKER" } }),
    "Executor's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo",
  ],
  [
    "an executor's shared cgroups",
    executed({ container: { type: "MESOS", linux_info: { share_cgroups: true } } }),
    "The 'share_cgroups' field cannot be set to 'true' on executor containers",
  ],
  ["a long id", { ...command(), task_id: { value: "ä".repeat(128) } }, "ID must not be greater than 255 characters"],
])("%s is TASK_ERROR", (_title, task, words) => {
  expect(answerTo(task)).toBe(words);
});

test.each<[string, Partial<TaskInfo>]>([
  ["a secret", variable({ type: "SECRET", secret: { type: "VALUE", value: data("v") } })],
  ["a reference to a secret", variable({ type: "SECRET", secret: { type: "REFERENCE", reference: { name: "r" } } })],
  ["an HTTP health check", healthy({ type: "HTTP", http: { port: 80, path: "/p", scheme: "https" } })],
  ["a check of a command", checked({ type: "COMMAND", command: { command: { value: "true" } } })],
  ["an infinite limit", limited({ mem: { value: Number.POSITIVE_INFINITY }, cpus: { value: 2 } })],
  ["a whole GPU", { ...command(), resources: parseResources("cpus:1;gpus:2") }],
  ["a volume of the host", volume({ host_path: "/h" })],
  ["an executor of before there were types", executed({ resources: parseResources("cpus:0.1;mem:32") })],
])("%s is launched", (_title, task) => {
  expect(answerTo(task)).toBeUndefined();
});
