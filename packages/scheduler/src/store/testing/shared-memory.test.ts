import { expect, test, vi } from "vitest";
import { SharedMemory } from "./shared-memory.ts";

const address = (id: string) => ({ id, url: `http://${id}` });
const never = new AbortController().signal;
const put = (value: string) => [{ op: "put", key: "k", value } as const];

test("B8: a former leader that was not told can no longer commit", async () => {
  const memory = new SharedMemory();
  const first = await memory.open().election.campaign(address("a"), never);
  await first.store.commit(put("a"));
  const waiting = memory.open().election.campaign(address("b"), never);
  memory.depose({ notice: false });
  const second = await waiting;
  expect(first.holds()).toBe(true);
  await expect(first.store.commit(put("late"))).rejects.toMatchObject({ code: "not_leader", status: 503 });
  expect(first.holds()).toBe(false);
  expect(first.lost.reason).toMatchObject({ code: "not_leader" });
  expect(await second.store.get("k")).toMatchObject({ value: "a" });
  await second.store.commit(put("b"));
  await second.resign();
});

test("an outage ends a term when its lease has run out, and a campaign waits until the outage is over", async () => {
  const memory = new SharedMemory({ ttlMs: 200 });
  const storage = memory.open();
  const first = await storage.election.campaign(address("a"), never);
  memory.setOutage(true);
  await expect(first.store.commit(put("x"))).rejects.toMatchObject({ code: "store_unavailable" });
  expect(first.holds()).toBe(true);
  await new Promise((resolve) => first.lost.addEventListener("abort", resolve));
  const tries = vi.spyOn(memory, "change");
  const campaign = storage.election.campaign(address("a"), never);
  await vi.waitFor(() => expect(tries.mock.calls.length).toBeGreaterThan(3), { timeout: 15_000 });
  memory.setOutage(false);
  const second = await campaign;
  await second.store.commit(put("y"));
  expect(storage.election.leader()).toEqual(address("a"));
  await second.resign();
});

test("a frozen leader is followed by another one when its lease has run out", async () => {
  const memory = new SharedMemory({ ttlMs: 200 });
  const first = await memory.open().election.campaign(address("a"), never);
  memory.freeze("a");
  const second = await memory.open().election.campaign(address("b"), never);
  expect(first.holds()).toBe(false);
  expect(second.holds()).toBe(true);
  await second.resign();
});

test("a campaign ends when its signal aborts or the storage is closed", async () => {
  const memory = new SharedMemory();
  const first = await memory.open().election.campaign(address("a"), never);
  const abort = new AbortController();
  const one = memory.open().election.campaign(address("b"), abort.signal);
  abort.abort(new Error("enough"));
  await expect(one).rejects.toThrow("enough");
  const storage = memory.open();
  const other = storage.election.campaign(address("b"), never);
  await storage.close();
  await expect(other).rejects.toMatchObject({ code: "store_closed" });
  await first.resign();
});
