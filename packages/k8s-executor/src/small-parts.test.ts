// Tables for the small pure parts: pull progress, deaths, privileges, names, clean-up targets.
import { silentLogger, systemClock } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import { cleanUp, parseCleanupTarget } from "./cleanup.ts";
import { describeDeath } from "./container-death.ts";
import { derivedVolumeName, labelNames, runDirectory } from "./node-identity.ts";
import { boundingSetHasSysResource, PrivilegeMemory } from "./privilege.ts";
import { addPullEvent, describePull, type Layers, type PullEvent, pullProgress } from "./pull-progress.ts";
import { stopInOrder } from "./stop-order.ts";
import { FakeEngine } from "./testing/fake-engine.ts";
import { FakeWrapper } from "./testing/fake-wrapper.ts";
import { MemoryHost } from "./testing/memory-host.ts";

describe("pull progress", () => {
  const after = (...events: PullEvent[]) => describePull(pullProgress(events.reduce<Layers>(addPullEvent, new Map())));
  const mb = (current: number, total: number) => ({ progressDetail: { current: current * 1e6, total: total * 1e6 } });

  test.each<[string, PullEvent[]]>([
    ["pulling", [{ status: "Pulling from open/node", id: "1" }]],
    [
      "pulling 0/2 layers",
      [
        { status: "Pulling fs layer", id: "a" },
        { status: "Waiting", id: "b" },
      ],
    ],
    ["pulling 50/100 MB, 0/1 layers", [{ status: "Downloading", id: "a", ...mb(50, 100) }]],
    [
      "pulling 100/100 MB, 0/1 layers",
      [
        { status: "Downloading", id: "a", ...mb(50, 100) },
        { status: "Download complete", id: "a" },
      ],
    ],
    [
      "pulling 100/100 MB, 0/1 layers",
      [
        { status: "Downloading", id: "a", ...mb(100, 100) },
        { status: "Extracting", id: "a", ...mb(1, 100) },
      ],
    ],
    [
      "pulling 100/100 MB, 2/2 layers",
      [
        { status: "Already exists", id: "b" },
        { status: "Downloading", id: "a", ...mb(100, 100) },
        { status: "Pull complete", id: "a" },
      ],
    ],
  ])("%s", (words, events) => {
    expect(after(...events)).toBe(words);
  });
});

describe("deaths", () => {
  const container = {
    id: "c",
    name: "n",
    labels: {},
    running: false,
    exitCode: 0,
    outOfMemory: false,
    error: "",
    ips: {},
  };
  test.each([
    [{ ...container, exitCode: 3 }, "", "the container exited with code 3"],
    [{ ...container, exitCode: 143 }, "", "the container was ended by signal TERM (exit code 143)"],
    [
      { ...container, exitCode: 137, outOfMemory: true },
      "x\n",
      "the container ran out of its memory limit. Its last output:\nx",
    ],
    [
      { ...container, exitCode: 127, error: "no such file" },
      "",
      "the container exited with code 127. Docker: no such file",
    ],
    [undefined, "", "the container was removed by somebody else"],
  ])("%j", (info, output, words) => {
    expect(describeDeath(info, output)).toBe(words);
  });

  test("only the end of a long output is kept", () => {
    expect(describeDeath(container, "x".repeat(10_000)).length).toBeLessThan(2_200);
  });
});

describe("privileges", () => {
  test.each([
    ["CapBnd:\t000001ffffffffff\n", true],
    ["CapEff:\t0\nCapBnd:\t000001fffeffffff\n", false],
    ["", false],
  ])("bounding set %j", (status, expected) => {
    expect(boundingSetHasSysResource(status)).toBe(expected);
  });

  test("what was learnt holds until the next boot", async () => {
    const host = new MemoryHost();
    host.files.set("/proc/self/status", "CapBnd:\t000001ffffffffff\n");
    host.files.set("/proc/sys/kernel/random/boot_id", "one\n");
    const memory = new PrivilegeMemory(host, "/run/cke");
    expect(await memory.first()).toBe("full");
    await memory.learnt("reduced");
    expect(await memory.first()).toBe("reduced");
    host.files.set("/proc/sys/kernel/random/boot_id", "two\n");
    expect(await memory.first()).toBe("full");
  });
});

describe("names", () => {
  test("directories are short, and differ for every node of every framework", () => {
    const of = (frameworkId: string, cluster: string, node: string) =>
      runDirectory("/run/cke", { frameworkId, cluster, node });
    expect(of("f", "a", "b")).toMatch(/^\/run\/cke\/[0-9a-f]{16}$/);
    expect(new Set([of("f", "a", "b"), of("g", "a", "b"), of("f", "a-b", ""), of("f", "", "a-b")]).size).toBe(4);
  });

  test("volumes are named after their path", () => {
    expect(derivedVolumeName({ cluster: "c", node: "n" }, "/var/lib/k8s data/")).toBe("cke-c-n-var-lib-k8s-data");
  });
});

describe("clean-up", () => {
  test.each([
    ["my", { cluster: "my" }],
    ["my/master-0", { cluster: "my", node: "master-0" }],
    ["", undefined],
    ["my/master-0@k1z", { cluster: "my", node: "master-0", life: "k1z" }],
    ["my@k1z", { cluster: "my", life: "k1z" }],
    ["my/n@", { cluster: "my", node: "n", life: "" }],
    ["a/b/c", undefined],
    ["a@b/c", undefined],
    ["-x", undefined],
  ])("%j", (text, expected) => {
    expect(parseCleanupTarget(text)).toEqual(expected);
  });

  test("removes by labels and nothing else", async () => {
    const engine = new FakeEngine();
    engine.place({ name: "cke-a-n", labels: { [labelNames.cluster]: "a", [labelNames.node]: "n" } });
    engine.place({ name: "cke-b-n", labels: { [labelNames.cluster]: "b", [labelNames.node]: "n" } });
    engine.place({ name: "foreign" });
    engine.heldVolumes.set("v", { name: "v", labels: { [labelNames.cluster]: "a" } });
    const done = await cleanUp(engine, new MemoryHost(), { cluster: "a" }, silentLogger);
    expect(done).toEqual({ kind: "removed", containers: 1, volumes: 1, directories: 0 });
    expect([...engine.held.values()].map(({ info }) => info.name)).toEqual(["cke-b-n", "foreign"]);
  });

  test("of several lives of a cluster none is removed before one is named, and then that one alone", async () => {
    const engine = new FakeEngine();
    const host = new MemoryHost();
    const of = (life: string, more = {}) => ({
      [labelNames.cluster]: "a",
      [labelNames.node]: "n",
      [labelNames.instance]: life,
      ...more,
    });
    engine.place({ name: "cke-a-n", labels: of("new") });
    engine.heldVolumes.set("e.new", { name: "e.new", labels: of("new") });
    const directory = "/xfs/a/n.old";
    host.directories.add(directory);
    const labels = of("old", { [labelNames.dataDirectory]: directory });
    engine.heldVolumes.set("e.old", { name: "e.old", labels });
    expect(await cleanUp(engine, host, { cluster: "a", node: "n" }, silentLogger)).toEqual({
      kind: "several",
      choices: ["a/n@new: cke-a-n (running), e.new", "a/n@old: e.old"],
    });
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([1, 2]);
    expect(await cleanUp(engine, host, { cluster: "a", node: "n", life: "old" }, silentLogger)).toMatchObject({
      volumes: 1,
      directories: 1,
    });
    expect([engine.held.size, [...engine.heldVolumes.keys()], host.directories.size]).toEqual([1, ["e.new"], 0]);
  });
});

describe("stopping in order", () => {
  test("goes on after a failure, and gives up at the limit", async () => {
    const wrapper = new FakeWrapper();
    wrapper.emit({ name: "b", phase: "running" });
    const options = { clock: systemClock, limitMs: 5_000 };
    expect(await stopInOrder(wrapper, [{ name: "a" }, { name: "b" }], options)).toEqual(["a: no process a"]);
    wrapper.stop = () => new Promise(() => {});
    const before = systemClock.monotonic();
    await stopInOrder(wrapper, [{ name: "a" }, { name: "b" }], { clock: systemClock, limitMs: 30 });
    expect(systemClock.monotonic() - before).toBeLessThan(1_000);
  });
});
