// A host that is gone for good in the middle of a move: what its plan says, and what is left when it is given up.
import { CkeError } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import type { Scenario } from "../../framework/testing/scenario.ts";
import { abandon, moving, ownDisk } from "../testing/live-move.ts";
import { change, going, hostOf, removals, running, runs, state, tasks } from "../testing/moving-vm.ts";

describe("its new host is gone for good", () => {
  const gone = async (s: Scenario, unit: string) => {
    s.mesos.update(tasks(s, unit)[0]?.info.task_id.value ?? "", "TASK_GONE_BY_OPERATOR");
    await s.seconds(5);
  };
  /** The move is given up, and its guest runs on its old host with nothing left of the move. */
  const returned = async ({ s, executors }: Pick<Awaited<ReturnType<typeof moving>>, "s" | "executors">) => {
    expect(state(s).reason).toMatch(/its new host b is gone for good .*DELETE …\/migrate.* goes on at a/);
    const plan = JSON.stringify(change(s));
    expect(plan).toContain("migrate");
    executors.gone = false;
    expect(await s.scheduler.vmControl.migration.abandon("web", "ann")).toContain("b is gone for good");
    await s.seconds(30);
    await s.offer("a", "c");
    expect(hostOf(s, "vm")).toEqual(["a"]);
    await runs(s, "vm");
    await s.seconds(30);
    expect(executors.asked.filter((one) => one === "take-back vm")).toHaveLength(1);
    expect(executors.asked).not.toContain("give-up vm");
    expect(state(s)).toMatchObject({ home: "a", reason: "", plan: { changes: [] } });
    expect(s.mesos.live().filter(({ executorId }) => !executorId.includes(".vm."))).toEqual([]);
    expect(removals(s)).not.toContain("web.source");
    expect(removals(s)).not.toContain("web.vm");
    expect((await s.keys()).filter((key) => key.startsWith("units/"))).toEqual(["units/web/vm"]);
    expect(s.mesos.violations).toEqual([]);
  };

  test("while its guest goes: the old one takes it back", async () => {
    const made = await moving();
    await gone(made.s, "destination");
    await returned(made);
  });

  test("an executor of an earlier version that does not take it back is asked again", async () => {
    const made = await moving();
    const { s, executors } = made;
    await gone(s, "destination");
    executors.gone = true;
    await abandon(made);
    await s.seconds(30);
    expect(going(s).join()).toMatch(/its executor on a is of an earlier version .*kill -9/);
    executors.gone = false;
    await s.seconds(30);
    expect(state(s)).toMatchObject({ home: "a", reason: "", plan: { changes: [] } });
    expect(executors.asked.filter((one) => one === "take-back vm").length).toBeGreaterThan(1);
  });

  test("when its guest has gone, before the VM belongs to it", async () => {
    const made = await moving();
    const { s, executors } = made;
    const { open } = executors.channels;
    let away = false;
    Object.assign(executors.channels, {
      open: async (vm: string, unit: string) => {
        if (away && unit === "destination") throw new CkeError("no_channel", "its agent is out of reach");
        return await open(vm, unit);
      },
    });
    away = true;
    made.go();
    await s.seconds(10);
    expect(hostOf(s, "vm")).toEqual([]);
    const abandoned = s.scheduler.vmControl.migration.abandon("web", "ann");
    await expect(abandoned).rejects.toMatchObject({
      status: 409,
      message: expect.stringMatching(
        /Should b never come back, switch the machine off, mark its agent gone .* goes on at a/,
      ),
    });
    await gone(s, "destination");
    await returned(made);
  });

  test("when the VM belongs to it, before it has run there", async () => {
    const made = await moving();
    const { s } = made;
    made.go();
    await s.seconds(20);
    await expect(abandon(made)).rejects.toMatchObject({
      status: 409,
      message: expect.stringMatching(/belongs to its new host already.* Should b never come back/),
    });
    await s.offer("a", "b");
    expect(hostOf(s, "vm")).toEqual(["b"]);
    await gone(s, "vm");
    await returned(made);
  });

  test("when the VM belongs to it, before anything was launched there", async () => {
    const made = await moving();
    const { s } = made;
    made.go();
    await s.seconds(20);
    s.mesos.agents.delete("S-b");
    s.mesos.goneAgents.add("S-b");
    // Mesos is asked every 5 minutes.
    await s.seconds(320);
    await returned(made);
  });

  test("with its old host, when the VM belongs to it: nothing is left to wait for", async () => {
    const made = await moving();
    const { s } = made;
    made.go();
    await s.seconds(20);
    await gone(s, "source");
    await s.offer("b");
    await gone(s, "vm");
    expect(state(s).reason).toMatch(/new host b and its old host a are gone .*DELETE …\/migrate.*POST …\/replace/);
    expect(await abandon(made)).toContain("POST /vm/v1/vms/web/replace");
    await s.seconds(60);
    expect(state(s)).toMatchObject({ plan: { changes: [] }, reason: expect.stringContaining("/web/replace") });
    expect(made.executors.asked).not.toContain("take-back vm");
    expect((await s.keys()).filter((key) => key.startsWith("units/"))).toEqual(["units/web/vm"]);
    expect(s.mesos.violations).toEqual([]);
  });

  test("when it has run there, what it had there is lost, and nothing says otherwise", async () => {
    const made = await moving();
    const { s } = made;
    made.go();
    await s.seconds(20);
    await s.offer("a", "b");
    await runs(s, "vm");
    await s.seconds(3);
    const refused = await abandon(made).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 409 });
    expect(`${refused}`).not.toContain("mark its agent gone");
    await gone(s, "vm");
    expect(state(s).reason).not.toContain("DELETE …/migrate");
  });
});

test("its old host is gone for good before its guest has gone: its plan says what to do", async () => {
  const { s, cut } = await moving();
  for (const unit of ["vm", "source"])
    s.mesos.update(tasks(s, unit)[0]?.info.task_id.value ?? "", "TASK_GONE_BY_OPERATOR");
  cut();
  await s.seconds(60);
  expect(going(s).join()).toMatch(/its old host a is gone for good .*give the move up/);
  expect(await abandon({ s })).toContain("given up");
  await s.seconds(30);
  expect(state(s).reason).toContain("POST /vm/v1/vms/web/replace");
});

test("its old host is gone for good before both have a place for the move: its state says what to do", async () => {
  const { s } = await running(ownDisk);
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  s.mesos.update(tasks(s, "vm")[0]?.info.task_id.value ?? "", "TASK_GONE_BY_OPERATOR");
  await s.seconds(30);
  await s.offer("b");
  await runs(s, "destination");
  await s.seconds(30);
  expect(state(s).reason).toMatch(/its old host a is gone for good .*DELETE …\/migrate/);
  expect(going(s).join()).toContain("its old host a is gone for good");
  expect(await abandon({ s })).toContain("given up");
  await s.seconds(60);
  expect(state(s)).toMatchObject({ plan: { changes: [] }, reason: expect.stringContaining("/web/replace") });
  expect(hostOf(s, "destination")).toEqual([]);
});
