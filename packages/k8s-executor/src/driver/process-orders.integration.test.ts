// Changes of running processes in a real container with the real wrapper: what is restarted, and whose limits change.

import { processReport, type RecordingContext } from "@cke/executor-core/testing/recording-context";
import { ProcessSpec, type ProcessTaskInit, TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { docker } from "../testing/docker-lab.ts";
import { nodeId, sleeper, useDriverLab } from "../testing/driver-lab.ts";
import { launchNode, launchProcess, processOrder } from "../testing/launches.ts";

const { lab, executor, forget, task } = useDriverLab();

const mebibyte = 1024 * 1024;
const amount = (mebibytes: number, cpuMillis = 200) => ({
  cpuMillis,
  memoryBytes: mebibytes * mebibyte,
  cfsQuota: false,
});
const names = ["one", "two"];
const wanted = (name: string, version: string, more: ProcessTaskInit = {}): ProcessTaskInit => ({
  spec: { ...sleeper(name), resources: amount(128) },
  version,
  ...more,
});
const container = () => `cke-${lab().name}-n`;
const report = (context: RecordingContext, name: string) =>
  TaskReport.decode(context.of(name).at(-1)?.data ?? new Uint8Array(0));
const pid = (context: RecordingContext, name: string) => processReport(context.of(name).at(-1)?.data)?.pid ?? 0;
const follows = (context: RecordingContext, name: string, version: string) =>
  context.until(() => report(context, name).processVersion === version);

/** As the wrapper reports it, in MiB. The container of these tests may not write cgroups: test/e2e looks at those. */
const limitOf = (context: RecordingContext, name: string) =>
  (processReport(context.of(name).at(-1)?.data)?.resources?.memoryBytes ?? 0) / mebibyte;
const containerLimit = async () =>
  Number(await docker("inspect", "-f", "{{.HostConfig.Memory}}", container())) / mebibyte;

async function running(
  incarnation = "1",
  processes: readonly ProcessTaskInit[] = names.map((name) => wanted(name, "v1")),
) {
  const { context, driver } = executor(incarnation);
  driver.launch(launchNode(task({ incarnation, memoryBytes: 512 * mebibyte, cpuMillis: 1_000 }), nodeId));
  for (const { spec, version, stopped } of processes) {
    const { name = "" } = spec ?? {};
    driver.launch(launchProcess(ProcessSpec.create(spec ?? {}), name, { version, stopped }));
  }
  const isThere = (name: string) => {
    const phase = processReport(context.of(name).at(-1)?.data)?.phase;
    return phase === "running" || (phase === "stopped" && report(context, name).processVersion !== "");
  };
  await context.until(() => names.every(isThere));
  return { context, driver };
}

test("a process is restarted in place; its neighbour's and the container's main program go on", async () => {
  const { context, driver } = await running();
  const before = names.map((name) => pid(context, name));
  const id = await docker("inspect", "-f", "{{.Id}} {{.State.Pid}}", container());
  const again = wanted("one", "v2", {
    spec: { ...sleeper("one"), resources: amount(128), environment: [{ name: "CKE_REVISION", value: "1" }] },
  });
  driver.message(processOrder([again]));
  await follows(context, "one", "v2");
  await context.until(() => pid(context, "one") > 0);
  const after = names.map((name) => pid(context, name));
  expect([after[0] !== before[0], after[1]]).toEqual([true, before[1]]);
  expect(await docker("inspect", "-f", "{{.Id}} {{.State.Pid}}", container())).toBe(id);
  expect(context.of("one").every(({ state }) => state === "TASK_STARTING" || state === "TASK_RUNNING")).toBe(true);
});

test("limits change live, up and down, of the process and of its container; no pid changes", async () => {
  const { context, driver } = await running();
  const before = names.map((name) => pid(context, name));
  expect([limitOf(context, "one"), await containerLimit()]).toEqual([128, 512]);
  const limited = (mebibytes: number, version: string) =>
    wanted("one", version, { spec: { ...sleeper("one"), resources: amount(mebibytes) } });
  driver.message(processOrder([limited(256, "more")], { cpuMillis: 1_000, memoryBytes: 640 * mebibyte }));
  await follows(context, "one", "more");
  expect([limitOf(context, "one"), await containerLimit()]).toEqual([256, 640]);
  driver.message(processOrder([limited(96, "less")], { cpuMillis: 1_000, memoryBytes: 480 * mebibyte }));
  await follows(context, "one", "less");
  expect(limitOf(context, "one")).toBe(96);
  await expect.poll(containerLimit).toBe(480);
  expect(names.map((name) => pid(context, name))).toEqual(before);
});

test("what the wrapper refuses leaves the process as it is, and the next change is made at once", async () => {
  const { context, driver } = await running();
  const before = pid(context, "one");
  const program = (version: string, ...command: string[]) =>
    wanted("one", version, { spec: { ...sleeper("one"), resources: amount(128), command } });
  driver.message(processOrder([program("impossible", "/bin/sh\0")]));
  await context.until(() => report(context, "one").processProblemVersion === "impossible");
  const { processVersion, processProblem } = report(context, "one");
  expect([pid(context, "one"), processVersion, processProblem]).toEqual([
    before,
    "v1",
    expect.stringContaining("zero byte"),
  ]);
  driver.message(processOrder([program("other", ...sleeper("one").command, "")]));
  await follows(context, "one", "other");
  await context.until(() => pid(context, "one") > 0);
  expect(pid(context, "one")).not.toBe(before);
});

test("a stopped process stays stopped when the next executor adopts the container, and starts again", async () => {
  const first = await running();
  first.driver.message(processOrder([wanted("one", "off", { stopped: true })]));
  await follows(first.context, "one", "off");
  const neighbour = pid(first.context, "two");
  await first.driver.detach();
  forget();
  const { context, driver } = await running("2", [wanted("one", "off", { stopped: true }), wanted("two", "v1")]);
  expect([processReport(context.of("one").at(-1)?.data)?.phase, pid(context, "two")]).toEqual(["stopped", neighbour]);
  driver.message(processOrder([wanted("one", "on")]));
  await follows(context, "one", "on");
  await context.until(() => pid(context, "one") > 0);
  expect([pid(context, "one") > 0, pid(context, "two")]).toEqual([true, neighbour]);
});

test("an executor that dies before it has restarted a process: the next one does it, once", async () => {
  const first = await running();
  const before = pid(first.context, "one");
  await first.driver.detach();
  forget();
  const again = wanted("one", "v2", {
    spec: { ...sleeper("one"), resources: amount(128), environment: [{ name: "CKE_REVISION", value: "1" }] },
  });
  const second = await running("2", [again, wanted("two", "v1")]);
  const restarted = pid(second.context, "one");
  expect(restarted).not.toBe(before);
  await second.driver.detach();
  forget();
  const third = await running("3", [again, wanted("two", "v1")]);
  expect(pid(third.context, "one")).toBe(restarted);
});
