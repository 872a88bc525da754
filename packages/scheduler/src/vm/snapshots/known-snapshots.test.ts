// What is known of the snapshots of a VM that does not run: those that its executor told last, also after a new scheduler.
import { VmCall, VmCallResult } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import type { Channel } from "../../channel/channel.ts";
import { settle } from "../../framework/testing/manual-clock.ts";
import { Scenario } from "../../framework/testing/scenario.ts";
import { sampleVmBody } from "../testing/sample-vms.ts";
import { runningVm, vmsOf, vmTaskId } from "../testing/vm-scenario.ts";

const { signal } = new AbortController();

/** A VM on host a whose executor has these snapshots. */
async function withSnapshots(names: string[], body: Readonly<Record<string, unknown>> = {}, hold = false) {
  const lost = { answers: false };
  /** Answers that are held back, in the order of their questions. */
  const held: (() => void)[] | undefined = hold ? [] : undefined;
  const ways: Pick<Channel, "call"> = {
    call: async (request) => {
      const { call } = VmCall.decode(request);
      if (call?.kind === "snapshot" && call.value.action === "create") names.push(call.value.name);
      if (lost.answers) throw new Error("the way is cut");
      const answer = VmCallResult.encode({ snapshots: names.map((name) => ({ name })) });
      if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
      return answer;
    },
  };
  const channels = { open: async (): Promise<Channel> => Object.assign(Object.create(null), ways) };
  const s = await new Scenario({ channels }).start();
  s.mesos.addAgent("a");
  await vmsOf(s).create(sampleVmBody(body));
  await settle();
  await s.offer("a");
  await runningVm(s);
  return { s, lost, held: held ?? [] };
}

async function stop(s: Scenario): Promise<void> {
  await vmsOf(s).expect("web", "STOP", "");
  await s.seconds(5);
}

const clone = async (s: Scenario, from: string) =>
  await vmsOf(s).create({ from, name: `of-${from.replace("@", "-")}` });
const missing = (words: string) => ({
  status: 404,
  code: "snapshot_not_found",
  message: expect.stringContaining(words),
});

test("of a VM that is stopped a snapshot that is not there is 404 at once, with those that are", async () => {
  const { s } = await withSnapshots([]);
  await s.scheduler.vmControl.snapshot("web", { name: "then", memory: false, quiesce: false, description: "" }, signal);
  await stop(s);
  await s.restart();
  const { vmControl } = s.scheduler;
  await expect(clone(s, "web@never")).rejects.toMatchObject(missing('has no snapshot "never": it has then'));
  await expect(vmControl.revert("web", "never", signal)).rejects.toMatchObject(missing("it has then"));
  await expect(vmControl.removeSnapshot("web", "never", signal)).rejects.toMatchObject(missing("it has then"));
  expect(await clone(s, "web@then")).toMatchObject({ name: "of-web-then" });
});

test("a VM that never had one has none", async () => {
  const { s } = await withSnapshots([]);
  await stop(s);
  await expect(clone(s, "web@then")).rejects.toMatchObject(missing("it has none"));
});

test("when an answer was lost nobody knows them, until they are asked for again", async () => {
  const { s, lost } = await withSnapshots([]);
  const { vmControl } = s.scheduler;
  lost.answers = true;
  const ask = { name: "then", memory: false, quiesce: false, description: "" };
  await expect(vmControl.snapshot("web", ask, signal)).rejects.toThrow("the way is cut");
  lost.answers = false;
  await stop(s);
  expect(await clone(s, "web@then")).toMatchObject({ name: "of-web-then" });
  expect(await clone(s, "web@never")).toMatchObject({ name: "of-web-never" });
  await vmControl.snapshots("web", signal);
  await expect(clone(s, "web@other")).rejects.toMatchObject(missing("it has then"));
});

test("a disk with a path of its own may have brought some", async () => {
  const disk = { system: { image: "debian.qcow2", size: "10G" }, data: [{ path: "/mnt/data.qcow2", format: "qcow2" }] };
  const { s } = await withSnapshots([], { disk });
  await stop(s);
  const own = { from: "web@then", name: "copy", disk: { system: { size: "10G" } } };
  expect(await vmsOf(s).create(own)).toMatchObject({ name: "copy" });
});

describe("questions beside each other", () => {
  /** Asks all of these at once; the answers come in the given order. Then the VM is stopped. */
  async function besides(questions: readonly string[], order: readonly number[], replaced = false) {
    const { s, held } = await withSnapshots(["old"], {}, true);
    const { vmControl } = s.scheduler;
    const asked: Promise<unknown>[] = [];
    for (const question of questions) {
      const ask = { name: question, memory: false, quiesce: false, description: "" };
      asked.push(question === "" ? vmControl.snapshots("web", signal) : vmControl.snapshot("web", ask, signal));
      await settle();
      await settle();
    }
    expect(held).toHaveLength(questions.length);
    if (replaced) {
      s.mesos.update(vmTaskId(s), "TASK_GONE_BY_OPERATOR", { source: "SOURCE_MASTER" });
      await s.seconds(300);
      await vmsOf(s).replace("web", false, "ann");
      await s.seconds(5);
    }
    for (const index of order) {
      held[index]?.();
      await settle();
    }
    await Promise.all(asked);
    await stop(s);
    return s;
  }

  test.each<[string, readonly string[], readonly number[]]>([
    ["two that make some", ["a", "b"], [1, 0]],
    ["two that make some, in their order", ["a", "b"], [0, 1]],
    ["a list that is older than what was made", ["", "a"], [1, 0]],
    ["a list between", ["a", "", "b"], [0, 1, 2]],
    ["a list that is told last", ["a", "", "b"], [0, 2, 1]],
  ])("%s: nothing that is there is 404", async (_what, questions, order) => {
    const s = await besides(questions, order);
    for (const name of questions.filter((one) => one !== ""))
      expect(await clone(s, `web@${name}`)).toMatchObject({ name: `of-web-${name}` });
  });

  test("a VM that has begun anew has none of the snapshots of the one before", async () => {
    const s = await besides([""], [0], true);
    expect(JSON.stringify(await s.store.list(""))).toMatch(/snapshots[\\"]+:\[\]/);
  });
});
