import { newUuid, type TaskStatus } from "@cke/mesos";
import { expect, test } from "vitest";
import { EventQueue } from "./event-queue.ts";

const update = (task: string, uuid?: string) => {
  const status: TaskStatus = {
    task_id: { value: task },
    state: "TASK_RUNNING",
    ...(uuid === undefined ? {} : { uuid }),
  };
  return { type: "UPDATE", update: { status } } as const;
};
const offers = (...ids: readonly string[]) =>
  ({
    type: "OFFERS",
    offers: {
      offers: ids.map((id) => ({
        id: { value: id },
        framework_id: { value: "F" },
        agent_id: { value: "S" },
        hostname: "a",
      })),
    },
  }) as const;
const failure = { type: "FAILURE", failure: { agent_id: { value: "S" } } } as const;
const kinds = (queue: EventQueue) => {
  const found: string[] = [];
  for (let taken = queue.take(1); taken.length > 0; taken = queue.take(1))
    found.push(...taken.map(({ event }) => event.type));
  return found;
};

test("updates are taken together up to another event, which is taken alone", async () => {
  const queue = new EventQueue();
  for (const event of [update("a"), update("b"), failure, update("c")]) await queue.push(event);
  expect(queue.take(10)).toHaveLength(2);
  expect(queue.take(10).map(({ event }) => event.type)).toEqual(["FAILURE"]);
  expect(queue.take(10)).toHaveLength(1);
  expect(queue.size).toBe(0);
});

test("what is put back comes first", async () => {
  const queue = new EventQueue();
  for (const event of [update("a"), update("b"), failure]) await queue.push(event);
  const taken = queue.take(10);
  await queue.push(update("c"));
  queue.putBack(taken.slice(1));
  expect(kinds(queue)).toEqual(["UPDATE", "FAILURE", "UPDATE"]);
});

test("a full queue stops the reader until there is room", async () => {
  const queue = new EventQueue(2);
  await queue.push(failure);
  let read = false;
  const waiting = queue.push(failure).then(() => {
    read = true;
  });
  await Promise.resolve();
  expect(read).toBe(false);
  queue.done(queue.take(1));
  await waiting;
  expect(read).toBe(true);
});

test("an update that waits already is not taken twice, one that was dealt with is", async () => {
  const queue = new EventQueue();
  const uuid = newUuid();
  await queue.push(update("a", uuid));
  await queue.push(update("a", uuid));
  expect(queue.size).toBe(1);
  const taken = queue.take(10);
  await queue.push(update("a", uuid));
  expect(queue.size).toBe(0);
  queue.done(taken);
  await queue.push(update("a", uuid));
  expect(queue.size).toBe(1);
});

test("the end of an offer that does not wait here is told: it may be pooled", async () => {
  const queue = new EventQueue();
  await queue.push(offers("1"));
  await queue.push({ type: "RESCIND", rescind: { offer_id: { value: "2" } } });
  expect(kinds(queue)).toEqual(["OFFERS", "RESCIND"]);
  queue.disconnected();
  expect(kinds(queue)).toEqual([]);
});

test("a rescinded offer is nobody's any more, and a lost subscription takes all of them along", async () => {
  const queue = new EventQueue();
  await queue.push(offers("1", "2"));
  await queue.push({ type: "RESCIND", rescind: { offer_id: { value: "1" } } });
  expect(queue.withdrawOffers()).toEqual(["2"]);
  await queue.push(update("a"));
  await queue.push(offers("3"));
  await queue.push(failure);
  queue.disconnected();
  expect(kinds(queue)).toEqual(["UPDATE", "FAILURE"]);
});
