import { silentLogger } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import { expect, test } from "vitest";
import { EventPump, type EventPumpParts } from "./event-pump.ts";
import { Mailbox } from "./mailbox.ts";
import { ManualClock, settle } from "./testing/manual-clock.ts";

const update = (index: number) => {
  const status: TaskStatus = { task_id: { value: `t${index}` }, state: "TASK_RUNNING" };
  return { type: "UPDATE", update: { status } } as const;
};

function pumping(handle: EventPumpParts["handle"]) {
  const clock = new ManualClock();
  const mailbox = new Mailbox();
  const pump = new EventPump({
    clock,
    logger: silentLogger,
    healthy: async () => true,
    run: (work) => mailbox.run(work),
    handle,
    proceed: async () => undefined,
    decline: async () => undefined,
    fatal: () => undefined,
  });
  return { clock, mailbox, pump };
}

test("a request waits for one batch of updates, however many there are", async () => {
  let handled = 0;
  const { mailbox, pump } = pumping(async (events) => {
    await new Promise((resolve) => setImmediate(resolve));
    handled += events.length;
    return events.length;
  });
  for (let index = 0; index < 5_000; index += 1) await pump.receive(update(index));
  const before = await mailbox.run(async () => handled);
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
