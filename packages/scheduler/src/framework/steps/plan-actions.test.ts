// Actions of a kind beside the loop: one try at a time, also of an action that was aborted and is wanted again.
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import { withPlans } from "../../workload/plans/new-plan.ts";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

interface Try {
  readonly request: PlanActionRequest;
  readonly end: (outcome: PlanActionOutcome) => void;
}

/** A cluster with a plan whose only action is the kind's; each of its tries ends when the test says so. */
async function begun() {
  const tries: Try[] = [];
  const slow = (request: PlanActionRequest) =>
    new Promise<PlanActionOutcome>((resolve) => tries.push({ request, end: resolve }));
  const s = await new Scenario({ actions: new Map([["slow", slow]]) }).start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody());
  await s.offer("a");
  await s.running("small", "m");
  const { framework } = s.scheduler;
  await framework.change(async () => {
    const workload = framework.parts.ledger.workload("small");
    if (workload === undefined) throw new Error("no cluster");
    const stages = [{ name: "slow", action: "slow", units: ["m"] }];
    const plan = newWorkloadPlan("slow", stages, { sinceMs: s.clock.now(), by: "" }, { id: "p1" });
    await framework.parts.ledger.commit({
      workload: withPlans(workload, [plan], { workload: "cluster", unit: "node", stateful: "masters", keeps: "data" }),
    });
  });
  await s.seconds(2);
  expect(tries).toHaveLength(1);
  return { s, tries };
}
test("an action that was aborted is not begun again before its try has ended", async () => {
  const { s, tries } = await begun();
  await s.clusters.expect("small", undefined, "STOP", "ann");
  await s.seconds(2);
  expect(tries[0]?.request.signal.aborted).toBe(true);
  await s.clusters.expect("small", undefined, "RUN", "ann");
  await s.seconds(10);
  expect(tries).toHaveLength(1);
  tries[0]?.end({ state: "done" });
  await settle();
  await s.seconds(2);
  expect(tries).toHaveLength(2);
  // What the aborted try said does not count.
  expect(s.clusters.state("small").plan.changes).toHaveLength(1);
  tries[1]?.end({ state: "done" });
  await s.seconds(2);
  expect(s.clusters.state("small").plan.changes).toEqual([]);
});

test("the end of a scheduler waits for tries that were aborted", async () => {
  const { s, tries } = await begun();
  await s.clusters.expect("small", undefined, "STOP", "ann");
  await s.seconds(2);
  let stopped = false;
  const stop = s.scheduler.framework.parts.planActions.stop().then(() => {
    stopped = true;
  });
  await settle();
  expect(stopped).toBe(false);
  tries[0]?.end({ state: "waits", reason: "" });
  await stop;
  expect([stopped, tries.length]).toEqual([true, 1]);
});
