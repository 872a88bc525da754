import { expect, it } from "vitest";
import { newTaskRecord, newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { filesGone, filesOfFormer } from "./files-gone.ts";

const of = { cluster: "my", node: "n0", process: "etcd" };
const directory = "/var/log/cke/etcd";
const fresh = newUnitRecord("my", "n0", "");
const atMs = Date.parse("2030-01-01T00:00:00.000Z");
const last = { executorId: "e", agentId: "S-a", hostname: "a", endedAtMs: atMs };
const failure = { reason: "", cause: "", message: "it failed", output: "etcd: no space left", atMs };
const ended = sampleLaunch({
  hostname: "b",
  tasks: [
    { ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, atMs), state: "TASK_FAILED" },
    { ...newTaskRecord({ taskId: "p", process: "etcd", configHash: "", failures: 1 }, atMs), failure },
  ],
});

it("says nothing of a node that has not run", () => {
  expect(filesGone(of, fresh, directory)).toBeUndefined();
});

it.each<[string, Partial<UnitRecord>, object, string]>([
  ["the last launch", { last }, { host: "a", last_output: "" }, "it ran on a until 2030-01-01T00:00:00.000Z"],
  ["why it ended", { last, failure }, { host: "a", last_output: "etcd: no space left" }, "are in last_output"],
  ["an old record", { home: "c" }, { host: "c", last_output: "" }, "it ran on c, and the files were in"],
  [
    "a launch that is just over",
    { launch: ended, last },
    { host: "b", last_output: "etcd: no space left" },
    "on b until",
  ],
])("%s", (_, more, details, words) => {
  const error = filesGone(of, { ...fresh, ...more }, directory);
  expect(error).toMatchObject({ status: 410, code: "files_gone", details });
  expect(error?.details).toMatchObject({ container: "cke-my-n0", directory });
  expect(error?.message).toContain(words);
});

it("a node that was removed", () => {
  const error = filesOfFormer(of, { ...last, output: "last words" }, directory);
  expect(error).toMatchObject({
    status: 410,
    details: { host: "a", container: "cke-my-n0", last_output: "last words" },
  });
  expect(error.message).toContain('node "n0" of cluster "my" was removed: it ran on a until 2030-01-01T00:00:00.000Z');
});
