import { createLogger, silentLogger } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import { expect, test } from "vitest";
import { StoreError } from "../../store/store.ts";
import { ManualClock, settle } from "../testing/manual-clock.ts";
import { EventPump, type EventPumpParts } from "./event-pump.ts";
import { SerialQueue } from "./serial-queue.ts";

const update = (index: number) => {
  const status: TaskStatus = { task_id: { value: `t${index}` }, state: "TASK_RUNNING" };
  return { type: "UPDATE", update: { status } } as const;
};

function pumping(handle: EventPumpParts["handle"], parts: Partial<EventPumpParts> = {}) {
  const clock = new ManualClock();
  const queue = new SerialQueue();
  const pump = new EventPump({
    clock,
    logger: silentLogger,
    healthy: async () => true,
    run: (work) => queue.run(work),
    handle,
    proceed: async () => undefined,
    decline: async () => undefined,
    fatal: () => undefined,
    ...parts,
  });
  return { clock, queue, pump };
}

test("a request waits for one batch of updates, however many there are", async () => {
  let handled = 0;
  const { queue, pump } = pumping(async (events) => {
    await new Promise((resolve) => setImmediate(resolve));
    handled += events.length;
    return events.length;
  });
  for (let index = 0; index < 5_000; index += 1) await pump.receive(update(index));
  const before = await queue.run(async () => handled);
  expect(before).toBeLessThanOrEqual(1_000);
  while (handled < 5_000) await settle();
  pump.stop();
});

test("what is dealt with in part goes on with the rest, in order", async () => {
  const seen: string[] = [];
  const { pump } = pumping(async (events) => {
    const some = events.slice(0, 7);
    for (const { event } of some) if (event.type === "UPDATE") seen.push(event.update.status.task_id.value);
    return some.length;
  });
  for (let index = 0; index < 40; index += 1) await pump.receive(update(index));
  await settle();
  expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => `t${index}`));
  pump.stop();
});

test("events that fail again and again are dropped, so that others get their turn", async () => {
  let tries = 0;
  const seen: string[] = [];
  const { clock, pump } = pumping(async (events) => {
    if (events[0]?.event.type === "UPDATE") {
      tries += 1;
      throw new TypeError("a mistake of the program");
    }
    seen.push(...events.map(({ event }) => event.type));
    return events.length;
  });
  await pump.receive(update(1));
  await pump.receive({ type: "FAILURE", failure: {} });
  await clock.advance(20_000);
  expect(tries).toBe(3);
  expect(seen).toEqual(["FAILURE"]);
  pump.stop();
  expect(clock.pending).toBe(0);
});

test("one update that fails is found among five hundred and dropped alone; no store is called away", async () => {
  const lines: string[] = [];
  const seen: string[] = [];
  const { pump, queue } = pumping(
    async (events) => {
      const ids = events.flatMap(({ event }) => (event.type === "UPDATE" ? event.update.status.task_id.value : []));
      if (ids.includes("t321")) throw new TypeError("a mistake of the program");
      seen.push(...ids);
      return events.length;
    },
    { logger: createLogger({ destination: { write: (line) => void lines.push(line) } }) },
  );
  for (let index = 0; index < 800; index += 1) await pump.receive(update(index));
  while (seen.length < 799) await settle();
  expect(pump.outage.problem()).toBe("");
  expect(seen).toEqual(Array.from({ length: 800 }, (_, index) => `t${index}`).filter((id) => id !== "t321"));
  expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ level: "error", taskId: "t321" })]);
  await queue.idle();
  pump.stop();
});

test("offers that cannot be dealt with are declined", async () => {
  const declined: string[] = [];
  const { pump } = pumping(
    async () => {
      throw new TypeError("a mistake of the program");
    },
    { decline: async (ids) => void declined.push(...ids) },
  );
  const offer = { id: { value: "o1" }, agent_id: { value: "S" }, framework_id: { value: "f" }, hostname: "a" };
  await pump.receive({ type: "OFFERS", offers: { offers: [offer] } });
  await settle();
  expect(declined).toEqual(["o1"]);
  expect(pump.outage.problem()).toBe("");
  pump.stop();
});

test("a store that answers and takes nothing, for its disk is full: one line, and tries further and further apart", async () => {
  const lines: string[] = [];
  let tries = 0;
  let full = true;
  const { clock, pump } = pumping(async (events) => events.length, {
    logger: createLogger({ destination: { write: (line) => void lines.push(line) } }),
    proceed: async () => {
      tries += 1;
      if (full) pump.failed(new StoreError("store_full", "no space left"));
    },
  });
  pump.failed(new StoreError("store_full", "no space left"));
  await clock.advance(60_000);
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThan(40);
  expect(lines.map((line) => JSON.parse(line).message)).toEqual([expect.stringContaining("cannot be written")]);
  expect(() => pump.outage.check()).toThrow(/for 60 s/);
  full = false;
  await clock.advance(6_000);
  expect(() => pump.outage.check()).not.toThrow();
  expect(lines.map((line) => JSON.parse(line).message).slice(1)).toEqual([expect.stringContaining("written again")]);
  pump.stop();
});
