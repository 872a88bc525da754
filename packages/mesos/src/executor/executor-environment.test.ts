import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadRecording } from "../testing/recording.ts";
import { parseDuration, readExecutorEnvironment } from "./executor-environment.ts";

const directory = fileURLToPath(new URL("../../../../test/fixtures/mesos", import.meta.url));
const recorded = loadRecording(directory, "executor-lifecycle-exec-1").process?.env ?? {};

test.each([
  ["15mins", 900_000],
  ["2secs", 2000],
  ["1.5secs", 1500],
  ["500ms", 500],
  ["1hrs", 3_600_000],
  ["2days", 172_800_000],
  ["1weeks", 604_800_000],
  ["1000000ns", 1],
  ["5", undefined],
  ["secs", undefined],
  ["5 minutes", undefined],
])("parseDuration(%s)", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

describe("readExecutorEnvironment", () => {
  test("reads what a real agent sets", () => {
    expect(readExecutorEnvironment(recorded)).toMatchObject({
      executorId: "exec-1",
      frameworkId: recorded.MESOS_FRAMEWORK_ID,
      agentId: recorded.MESOS_SLAVE_ID,
      agentEndpoint: { host: "127.0.0.1", port: 5051 },
      protocol: "http:",
      agentProcess: "slave(1)",
      sandbox: recorded.MESOS_SANDBOX,
      checkpoint: true,
      recoveryTimeoutMs: 120_000,
      subscriptionBackoffMaxMs: 2000,
      shutdownGracePeriodMs: 3000,
    });
  });

  test("without checkpoint the agent leaves the timeouts out", () => {
    const env = loadRecording(directory, "executor-nockpt-exec-nockpt").process?.env ?? {};
    expect(readExecutorEnvironment(env)).toMatchObject({ checkpoint: false, recoveryTimeoutMs: 900_000 });
  });

  test("B23: UNIX socket, TLS and token; the token is in no serialisation", () => {
    const environment = readExecutorEnvironment({
      ...recorded,
      MESOS_DOMAIN_SOCKET: "/run/agent.sock",
      MESOS_EXECUTOR_AUTHENTICATION_TOKEN: "hunter2",
      LIBPROCESS_SSL_ENABLED: "1",
    });
    expect(environment).toMatchObject({ domainSocket: "/run/agent.sock", protocol: "https:" });
    expect(environment.authenticationToken()).toBe("hunter2");
    expect(JSON.stringify(environment)).not.toContain("hunter2");
  });

  test("names every problem at once", () => {
    const broken = {
      ...recorded,
      MESOS_EXECUTOR_ID: undefined,
      MESOS_AGENT_ENDPOINT: "nowhere:x",
      MESOS_RECOVERY_TIMEOUT: "soon",
    };
    expect(() => readExecutorEnvironment(broken)).toThrow(
      /MESOS_EXECUTOR_ID is not set.*MESOS_AGENT_ENDPOINT.*MESOS_RECOVERY_TIMEOUT/,
    );
  });
});
