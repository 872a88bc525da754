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
const kinds = (inbox: EventQueue) => {
  const found: string[] = [];
  for (let taken = inbox.take(1); taken.length > 0; taken = inbox.take(1))
    found.push(...taken.map(({ event }) => event.type));
  return found;
};

test("updates are taken together up to another event, which is taken alone", async () => {
  const inbox = new EventQueue();
  for (const event of [update("a"), update("b"), failure, update("c")]) await inbox.push(event);
  expect(inbox.take(10)).toHaveLength(2);
  expect(inbox.take(10).map(({ event }) => event.type)).toEqual(["FAILURE"]);
  expect(inbox.take(10)).toHaveLength(1);
  expect(inbox.size).toBe(0);
});

test("what is put back comes first", async () => {
  const inbox = new EventQueue();
  for (const event of [update("a"), update("b"), failure]) await inbox.push(event);
  const taken = inbox.take(10);
  await inbox.push(update("c"));
  inbox.putBack(taken.slice(1));
  expect(kinds(inbox)).toEqual(["UPDATE", "FAILURE", "UPDATE"]);
});

test("a full inbox stops the reader until there is room", async () => {
  const inbox = new EventQueue(2);
  await inbox.push(failure);
  let read = false;
  const waiting = inbox.push(failure).then(() => {
    read = true;
  });
  await Promise.resolve();
  expect(read).toBe(false);
  inbox.done(inbox.take(1));
  await waiting;
  expect(read).toBe(true);
});

test("an update that waits already is not taken twice, one that was dealt with is", async () => {
  const inbox = new EventQueue();
  const uuid = newUuid();
  await inbox.push(update("a", uuid));
  await inbox.push(update("a", uuid));
  expect(inbox.size).toBe(1);
  const taken = inbox.take(10);
  await inbox.push(update("a", uuid));
  expect(inbox.size).toBe(0);
  inbox.done(taken);
  await inbox.push(update("a", uuid));
  expect(inbox.size).toBe(1);
});

test("the end of an offer that does not wait here is told: it may be held", async () => {
  const inbox = new EventQueue();
  await inbox.push(offers("1"));
  await inbox.push({ type: "RESCIND", rescind: { offer_id: { value: "2" } } });
  expect(kinds(inbox)).toEqual(["OFFERS", "RESCIND"]);
  inbox.disconnected();
  expect(kinds(inbox)).toEqual([]);
});

test("a rescinded offer is nobody's any more, and a lost subscription takes all of them along", async () => {
  const inbox = new EventQueue();
  await inbox.push(offers("1", "2"));
  await inbox.push({ type: "RESCIND", rescind: { offer_id: { value: "1" } } });
  expect(inbox.withdrawOffers()).toEqual(["2"]);
  await inbox.push(update("a"));
  await inbox.push(offers("3"));
  await inbox.push(failure);
  inbox.disconnected();
  expect(kinds(inbox)).toEqual(["UPDATE", "FAILURE"]);
});
