// What the plan of a stop must not do: hold up other clusters, or go on over a pause that was asked for while it runs.
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { DyingStore } from "../testing/dying-store.ts";
import { Scenario } from "../testing/scenario.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "w", type: "node", node_ip: "10.0.0.2" },
];

/** A master and a worker that run on `a`. */
async function running(store: Store = new MemoryStore()): Promise<Scenario> {
  const s = await new Scenario({ store }).start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody({ nodes }));
  for (let round = 0; round < 3; round += 1) {
    await s.offer();
    for (const { name } of nodes) await s.running("small", name);
  }
  return s;
}

test("a plan of one cluster that cannot be stored does not hold up the other clusters", async () => {
  const full = new DyingStore(new MemoryStore(), () => undefined);
  let refused = 0;
  const commit = full.commit.bind(full);
  full.commit = async (operations, guard) => {
    for (const { key, ...one } of operations)
      if (key === "workloads/small" && JSON.stringify(one).includes('"begun":["')) {
        refused += 1;
        throw new StoreError("store_too_large", "the record of the cluster is too large");
      }
    return await commit(operations, guard);
  };
  const s = await running(full);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.clusters.create(smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.3" }] }));
  await s.seconds(5);
  await s.offer();
  expect(refused).toBeGreaterThan(0);
  expect(s.launched("other", "m")).not.toEqual([]);
});

test("a pause that was there before the stop does not hold it; one that is asked for during the stop does", async () => {
  const s = await running();
  await s.clusters.changePlan("small", "pause", {}, "ann");
  await s.seconds(1);
  const { onKill } = s.mesos;
  s.mesos.onKill = () => undefined; // nothing ends
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(1);
  expect(s.clusters.state("small").plan.workload).toMatchObject({ status: "going" });
  expect(await s.clusters.changePlan("small", "pause", {}, "bob")).toContain("is paused: ");
  s.mesos.onKill = onKill;
  await s.seconds(8);
  expect([s.launched("small", "w"), s.launched("small", "m")]).toEqual([[], expect.arrayContaining(["etcd"])]);
  expect(s.clusters.state("small").plan.workload).toMatchObject({ status: "paused" });
  expect(s.clusters.get("small").status_reason).toMatch(/^the plan is paused since .* by bob; m: still on a$/);
  await s.clusters.changePlan("small", "resume", {}, "bob");
  await s.seconds(8);
  expect(s.clusters.get("small").status).toBe("stopped");
});
