import { expect, test } from "vitest";
import { MemoryStore } from "../../store/memory-store.ts";
import { mostOverVms, type OverVm, OverVms } from "./over-vms.ts";

const overVm = (index: number, endedAtMs: number): OverVm => ({
  ...{ name: `vm${index}`, uuid: `u${index}`, id: "", createdAtMs: 1, endedAtMs, host: "a" },
  ...{ cpus: 1, mem: 64, osInfo: "", label: {}, lastFailure: "" },
});

function setUp() {
  const store = new MemoryStore();
  let now = 1_000_000;
  const over = new OverVms({ store, clock: { now: () => now }, keepMs: 600_000 });
  const end = async (vm: OverVm) => {
    await store.commit(over.operations(vm));
    over.keep(vm);
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { store, over, end, pass };
}

test("they are listed newest first, and gone after their time, from the store too", async () => {
  const { store, over, end, pass } = setUp();
  await end(overVm(1, 1_000_000));
  pass(400_000);
  await end(overVm(2, 1_400_000));
  expect(over.list().map(({ name }) => name)).toEqual(["vm2", "vm1"]);
  pass(300_000);
  await over.sweep();
  expect(over.list().map(({ name }) => name)).toEqual(["vm2"]);
  expect(await store.keys("overvms/")).toEqual(["overvms/000000001400000-u2"]);
});

test("what is stored is read again; what cannot be read is removed", async () => {
  const { store, over, end } = setUp();
  await end(overVm(1, 1_000_000));
  await store.commit([{ op: "put", key: "overvms/broken", value: 5 }]);
  await over.load();
  expect(over.list()).toEqual([overVm(1, 1_000_000)]);
  await over.sweep();
  expect(await store.keys("overvms/")).toHaveLength(1);
});

test("there are never more than the bound", async () => {
  const { store, over, end, pass } = setUp();
  for (let index = 0; index < mostOverVms + 5; index += 1) await end(overVm(index, 1_000_000 + index));
  pass(60_000);
  await over.sweep();
  expect(over.list()).toHaveLength(mostOverVms);
  expect(await store.keys("overvms/")).toHaveLength(mostOverVms);
  expect(over.list()[0]?.name).toBe(`vm${mostOverVms + 4}`);
});
