// The framework id: stored before anything is done in its name, and the same for ever after.
import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { StoreError } from "../../store/store.ts";
import { Session } from "../mesos/session.ts";
import { DyingStore } from "../testing/dying-store.ts";
import { Scenario, testOptions } from "../testing/scenario.ts";

test("B6: nothing is launched, killed or asked in the name of a framework id that is not stored", async () => {
  const inner = new MemoryStore();
  let away = true;
  const store = new DyingStore(inner, (when) => {
    if (when === "before" && away) throw new StoreError("store_unavailable", "away");
  });
  const s = await new Scenario({ store, networks: [] }).start();
  s.mesos.addAgent("a");
  await s.offer();
  await s.seconds(3);
  expect(s.mesos.subscriptions.length).toBeGreaterThan(0);
  // Offers go back as long as the store is away.
  expect(s.mesos.calls.filter(({ type }) => type !== "DECLINE")).toEqual([]);
  expect(s.clusters.connected()).toBe(false);
  away = false;
  await s.seconds(10);
  expect((await inner.get("framework"))?.value).toEqual({ id: "F-1", name: "cke-test" });
  expect(s.clusters.connected()).toBe(true);
  await s.clusters.create(smallBody());
  await s.offer();
  expect(s.callsOf("ACCEPT")).toHaveLength(1);
});

test("B16: an offer whose DECLINE is lost while the store is away is declined again", async () => {
  let away = true;
  const store = new DyingStore(new MemoryStore(), (when) => {
    if (when === "before" && away) throw new StoreError("store_unavailable", "away");
  });
  const s = await new Scenario({ store, networks: [] }).start();
  s.mesos.addAgent("a");
  // The subscription waits for the store, so that it is handled after this.
  s.mesos.beforeCall = ({ type }) => {
    if (type === "DECLINE") s.mesos.refuseCalls = true;
  };
  await s.offer();
  expect([...s.mesos.offered.keys()]).toHaveLength(1);
  s.mesos.beforeCall = () => undefined;
  s.mesos.refuseCalls = false;
  away = false;
  await s.seconds(20);
  expect(s.clusters.connected()).toBe(true);
  expect([...s.mesos.offered.keys()]).toEqual([]);
});

test("B6: the stored framework id is in every later SUBSCRIBE, whoever sends it", async () => {
  const s = await new Scenario().start();
  expect(s.mesos.subscriptions[0]?.framework_info.id).toBeUndefined();
  s.mesos.connection.reconnect();
  await s.seconds(1);
  await s.restart();
  await s.restart();
  expect(s.mesos.subscriptions.slice(1).map(({ framework_info }) => framework_info.id?.value)).toEqual([
    "F-1",
    "F-1",
    "F-1",
  ]);
});

test("B6: a scheduler of another name does not take a framework over; a store without a name gets one", async () => {
  const store = new MemoryStore();
  await store.commit([{ op: "put", key: "framework", value: { id: "F-1" } }]);
  const first = new Session(store, testOptions, silentLogger);
  await first.load();
  await first.subscribed("F-1");
  expect((await store.get("framework"))?.value).toEqual({ id: "F-1", name: "cke-test" });
  const { revision } = await store.commit([]);
  await first.subscribed("F-1");
  expect(await store.commit([])).toEqual({ revision });
  const other = new Session(store, { ...testOptions, name: "other" }, silentLogger);
  await expect(other.load()).rejects.toMatchObject({
    code: "framework_name",
    retryable: false,
    message: expect.stringMatching(
      /belongs to the framework "cke-test".*-name cke-test, or give it a place of its own/,
    ),
  });
});
