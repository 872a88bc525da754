import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { labelNames } from "../docker/node-identity.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { MemoryHost } from "../testing/memory-host.ts";
import { cleanUp, parseCleanupTarget } from "./cleanup.ts";

test.each([
  ["my", { cluster: "my" }],
  ["my/master-0", { cluster: "my", node: "master-0" }],
  ["", undefined],
  ["my/master-0@k1z", { cluster: "my", node: "master-0", instance: "k1z" }],
  ["my@k1z", { cluster: "my", instance: "k1z" }],
  ["my/n@", { cluster: "my", node: "n", instance: "" }],
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

test("of several instances of a cluster none is removed before one is named, and then that one alone", async () => {
  const engine = new FakeEngine();
  const host = new MemoryHost();
  const of = (instance: string, more = {}) => ({
    [labelNames.cluster]: "a",
    [labelNames.node]: "n",
    [labelNames.instance]: instance,
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
  expect(await cleanUp(engine, host, { cluster: "a", node: "n", instance: "old" }, silentLogger)).toMatchObject({
    volumes: 1,
    directories: 1,
  });
  expect([engine.held.size, [...engine.heldVolumes.keys()], host.directories.size]).toEqual([1, ["e.new"], 0]);
});
