import { expect, test } from "vitest";
import { executorEnvironment } from "./executor-environment.ts";

test("the environment of an executor is the recorded one", () => {
  const base = { agentId: "A-S0", ip: "127.0.0.1", port: 5051, frameworkId: "F", executorId: "E", sandbox: "/s" };
  const times = { recoveryTimeoutMs: 120_000, shutdownGraceMs: 3_000 };
  const command = { environment: { variables: [{ name: "FOO", value: "bar baz" }] } };
  expect(executorEnvironment({ ...base, ...times, checkpoint: true, command })).toEqual({
    FOO: "bar baz",
    LIBPROCESS_IP: "127.0.0.1",
    LIBPROCESS_PORT: "0",
    MESOS_AGENT_ENDPOINT: "127.0.0.1:5051",
    MESOS_CHECKPOINT: "1",
    MESOS_DIRECTORY: "/s",
    MESOS_EXECUTOR_ID: "E",
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "3secs",
    MESOS_FRAMEWORK_ID: "F",
    MESOS_HTTP_COMMAND_EXECUTOR: "0",
    MESOS_RECOVERY_TIMEOUT: "2mins",
    MESOS_SANDBOX: "/s",
    MESOS_SLAVE_ID: "A-S0",
    MESOS_SLAVE_PID: "slave(1)@127.0.0.1:5051",
    MESOS_SUBSCRIPTION_BACKOFF_MAX: "2secs",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    PWD: "/s",
  });
});
