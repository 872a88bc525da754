import { expect, test } from "vitest";
import { podStatus } from "./pod-status.ts";

const running = { name: "c", ready: true, restartCount: 0, state: { running: { startedAt: "2030-01-01T00:00:00Z" } } };
const waiting = (reason: string) => ({ ready: false, restartCount: 3, state: { waiting: { reason } } });
const ended = (reason: string, exitCode = 0) => ({
  ready: false,
  restartCount: 0,
  state: { terminated: { reason, exitCode } },
});
const spec = { containers: [{ name: "c" }] };
const initialised = [{ type: "Initialized", status: "True" }];

test.each([
  ["Running", "good", { status: { phase: "Running", containerStatuses: [running] } }],
  ["Pending", "waiting", { status: { phase: "Pending" } }],
  ["ContainerCreating", "waiting", { status: { phase: "Pending", containerStatuses: [waiting("ContainerCreating")] } }],
  ["CrashLoopBackOff", "bad", { status: { phase: "Running", containerStatuses: [waiting("CrashLoopBackOff")] } }],
  ["ImagePullBackOff", "bad", { status: { phase: "Pending", containerStatuses: [waiting("ImagePullBackOff")] } }],
  ["OOMKilled", "bad", { status: { phase: "Failed", containerStatuses: [ended("OOMKilled", 137)] } }],
  ["ExitCode:3", "bad", { status: { phase: "Failed", containerStatuses: [ended("", 3)] } }],
  ["Completed", "good", { status: { phase: "Succeeded", containerStatuses: [ended("Completed")] } }],
  ["Running", "waiting", { status: { phase: "Running", containerStatuses: [running, ended("Completed")] } }],
  ["Evicted", "bad", { status: { phase: "Failed", reason: "Evicted" } }],
  ["Init:0/1", "waiting", { status: { phase: "Pending", initContainerStatuses: [{ state: { running: {} } }] } }],
  ["Init:Error", "bad", { status: { phase: "Pending", initContainerStatuses: [ended("Error", 1)] } }],
  [
    "Running",
    "good",
    {
      status: {
        phase: "Running",
        conditions: initialised,
        initContainerStatuses: [ended("Completed")],
        containerStatuses: [running],
      },
    },
  ],
  ["Terminating", "waiting", { metadata: { deletionTimestamp: "x" }, status: { containerStatuses: [running] } }],
])("%s (%s)", (word, mood, pod) => {
  const containers = word === "Running" && mood === "waiting" ? [{ name: "c" }, { name: "d" }] : spec.containers;
  expect(podStatus({ ...pod, spec: { containers } })).toMatchObject({ word, mood });
});

test("ready containers and restarts are counted", () => {
  const pod = { spec: { containers: [{}, {}] }, status: { containerStatuses: [running, waiting("x")] } };
  expect(podStatus(pod)).toMatchObject({ ready: "1/2", restarts: 3 });
});
