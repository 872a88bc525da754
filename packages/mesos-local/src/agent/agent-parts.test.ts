import { systemClock } from "@cke/foundation";
import { isValidUuid } from "@cke/mesos";
import { expect, test } from "vitest";
import { formatDuration } from "../duration.ts";
import { checkedName } from "./agent-paths.ts";
import { commandOutcome, waitStatusText } from "./command-outcome.ts";
import { waitStatus } from "./contained-process.ts";
import { executorEnvironment } from "./executor-environment.ts";
import { fetchLogLine } from "./fetcher/fetch-log.ts";
import { listenStably } from "./listen-port.ts";
import { modeText } from "./mode-text.ts";
import { containerMembers, parseProcessStat } from "./process-table.ts";
import { agentStatus, executorTerminated } from "./task-status.ts";

test.each([
  [3_000, "3secs"],
  [120_000, "2mins"],
  [90_000, "90secs"],
  [1_500, "1500ms"],
  [3_600_000, "1hrs"],
  [604_800_000, "1weeks"],
  [0, "0ns"],
])("%d ms is written %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [0, 0],
  [7, 1792],
  [137, 9],
  [143, 15],
  [255, 65280],
])("a shell's code %d is the wait status %d", (code, status) => {
  expect(waitStatus(code)).toBe(status);
});

test.each([
  [1280, "Command exited with status 5"],
  [15, "Command terminated with signal Terminated"],
  [9, "Command terminated with signal Killed"],
  [139, "Command terminated with signal Segmentation fault"],
])("wait status %d reads %s", (status, text) => {
  expect(waitStatusText(status)).toBe(text);
});

test.each([
  [{ killed: "no", waitStatus: 0 }, "TASK_FINISHED"],
  [{ killed: "no", waitStatus: 256 }, "TASK_FAILED"],
  [{ killed: "request", waitStatus: 0 }, "TASK_KILLED"],
  [{ killed: "unhealthy", waitStatus: 15 }, "TASK_KILLED"],
  [{ killed: "timeout", waitStatus: 15 }, "TASK_FAILED"],
  [{ killed: "no", waitStatus: undefined }, "TASK_FAILED"],
  [{ killed: "no", problem: new Error("no such file") }, "TASK_FAILED"],
] as const)("%j ends as %s", (end, state) => {
  expect(commandOutcome(end).state).toBe(state);
});

test.each(["", ".", "..", "a/b", "x".repeat(256)])("%j is no directory name", (id) => {
  expect(() => checkedName(id)).toThrow("cannot be used as an id");
});

test.each([
  [0o40755, "drwxr-xr-x"],
  [0o100644, "-rw-r--r--"],
  [0o120777, "lrwxrwxrwx"],
  [0o104755, "-rwsr-xr-x"],
  [0o41777, "drwxrwxrwt"],
])("mode %o reads %s", (mode, text) => {
  expect(modeText(mode)).toBe(text);
});

test("a stat line with spaces and parentheses in the command is parsed", () => {
  const text = `42 (a) b (c) S 1 40 41 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 1 0 12345 0 0`;
  expect(parseProcessStat(text)).toEqual({
    pid: 42,
    parent: 1,
    group: 40,
    session: 41,
    startTime: 12345,
    zombie: false,
  });
});

test("a container holds descendants and daemons of its sessions, and nobody else", () => {
  const row = (pid: number, parent: number, session: number, startTime = 10) => ({
    pid,
    parent,
    group: session,
    session,
    startTime,
    zombie: false,
  });
  const rows = [row(100, 1, 100), row(101, 100, 100), row(102, 101, 102), row(103, 1, 102), row(200, 1, 200)];
  const leader = { pid: 100, startTime: 10, bootId: "b" };
  expect(containerMembers(rows, leader)).toEqual([100, 101, 102, 103]);
  expect(containerMembers(rows.slice(1), leader)).toEqual([101, 102, 103]);
  expect(containerMembers([row(100, 1, 100, 99), row(101, 100, 100, 99)], leader)).toEqual([]);
});

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

test("the agent's own updates carry a valid uuid, source and reason", () => {
  const status = agentStatus({ taskId: "t", agentId: "a", executorId: "e", ending: executorTerminated, now: 1500 });
  expect(status).toMatchObject({ state: "TASK_FAILED", source: "SOURCE_AGENT", timestamp: 1.5 });
  expect(isValidUuid(status.uuid ?? "")).toBe(true);
});

test("the fetcher's lines look like Mesos'", () => {
  const line = fetchLogLine("I", new Date(2026, 10, 23, 12, 53, 13, 311).getTime(), 7245, "text");
  expect(line).toBe("I1123 12:53:13.311000  7245 fetcher] text");
});

test.each([
  [{ port: 0, last: 20_001 }, [20_001, 20_001, 20_001]],
  [{ port: 5051, last: 5051 }, [5051, 5051, 5051]],
  [{ port: 5051, last: undefined }, [5051]],
])("with %j the ports tried are %j", async (request, expected) => {
  const tried: number[] = [];
  const listen = async (_ip: string, port: number) => {
    tried.push(port);
    if (tried.length < 3) throw new Error("EADDRINUSE");
    return port;
  };
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  await listenStably({ ip: "127.0.0.1", clock, listen, ...request }).catch(() => {});
  expect(tried).toEqual(expected);
});

test("a first port lies below the kernel's ephemeral ports", async () => {
  const listen = async (_ip: string, port: number) => port;
  const port = await listenStably({ ip: "127.0.0.1", port: 0, last: undefined, clock: systemClock, listen });
  expect(port).toBeGreaterThanOrEqual(15_000);
  expect(port).toBeLessThan(30_000);
});
