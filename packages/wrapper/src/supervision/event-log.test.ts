// The ring of events and its watchers.
import { ProcessState, WatchRequest } from "@cke/protocol";
import { describe, expect, it } from "vitest";
import type { WrapperError } from "../errors/wrapper-error.ts";
import { checkWatch, streamEvents } from "../rpc/watch-stream.ts";
import { EventLog } from "./event-log.ts";

const state = (name: string, restarts = 0) => ProcessState.create({ name, restarts });

function makeLog(capacity = 4): EventLog {
  return new EventLog({ instanceId: "i1", capacity, now: () => 7 });
}

/** A sink that takes `room` events before it is full. */
function makeSink(room = Number.POSITIVE_INFINITY) {
  const received: number[] = [];
  let left = room;
  let drain = () => {};
  let failure: WrapperError | undefined;
  return {
    received,
    failure: () => failure,
    drain: (more: number) => {
      left = more;
      drain();
    },
    sink: {
      write: (event: { readonly sequence: number }) => {
        received.push(event.sequence);
        left -= 1;
        return left > 0;
      },
      onDrain: (callback: () => void) => {
        drain = callback;
      },
      fail: (error: WrapperError) => {
        failure = error;
      },
    },
  };
}

describe("EventLog", () => {
  it("forgets the oldest events, and knows which", () => {
    const log = makeLog();
    expect([log.oldest(), log.last()]).toEqual([1, 0]);
    for (let index = 0; index < 6; index += 1) log.append(state("a", index), false);
    expect([log.oldest(), log.last()]).toEqual([3, 6]);
    expect(log.at(2)).toBeUndefined();
    expect(log.at(3)?.state?.restarts).toBe(2);
    expect(log.at(7)).toBeUndefined();
  });

  it("has the last state of what is present, in the order of changes", () => {
    const log = makeLog();
    log.append(state("a"), false);
    log.append(state("b"), false);
    log.append(state("c"), false);
    log.append(state("a", 1), false);
    log.append(state("b"), true);
    expect(log.snapshot().map((event) => [event.state?.name, event.sequence])).toEqual([
      ["c", 3],
      ["a", 4],
    ]);
  });
});

describe("streamEvents", () => {
  it("sends the snapshot, then what happens", () => {
    const log = makeLog();
    log.append(state("a"), false);
    log.append(state("a"), false);
    log.append(state("b"), false);
    const { sink, received } = makeSink();
    const end = streamEvents(log, 0, sink);
    log.append(state("c"), false);
    expect(received).toEqual([2, 3, 4]);
    end();
    log.append(state("c"), false);
    expect(received).toEqual([2, 3, 4]);
  });

  it("sends from a sequence number on", () => {
    const log = makeLog();
    for (let index = 0; index < 4; index += 1) log.append(state("a"), false);
    const { sink, received } = makeSink();
    streamEvents(log, 3, sink);
    expect(received).toEqual([3, 4]);
  });

  it("waits for a watcher that does not read", () => {
    const log = makeLog();
    const { sink, received, drain } = makeSink(1);
    streamEvents(log, 1, sink);
    for (let index = 0; index < 4; index += 1) log.append(state("a"), false);
    expect(received).toEqual([1]);
    drain(Number.POSITIVE_INFINITY);
    expect(received).toEqual([1, 2, 3, 4]);
  });

  it("drops a watcher that falls behind the ring, and says how to go on", () => {
    const log = makeLog();
    const { sink, received, drain, failure } = makeSink(1);
    streamEvents(log, 1, sink);
    for (let index = 0; index < 9; index += 1) log.append(state("a"), false);
    drain(9);
    expect(received).toEqual([1]);
    expect(failure()?.code).toBe("resource_exhausted");
    expect(failure()?.message).toContain("watch from 0 again");
    log.append(state("a"), false);
    expect(received).toEqual([1]);
  });
});

describe("checkWatch", () => {
  const log = makeLog();
  for (let index = 0; index < 6; index += 1) log.append(state("a"), false);
  it.each([
    [0, "other", undefined],
    [3, "i1", undefined],
    [7, "", undefined],
    [3, "other", "failed_precondition"],
    [2, "i1", "out_of_range"],
    [8, "i1", "out_of_range"],
  ])("from %i of %j: %s", (fromSequence, instanceId, code) => {
    const check = () => checkWatch(log, WatchRequest.create({ fromSequence, instanceId }));
    if (code === undefined) check();
    else expect(check).toThrow(expect.objectContaining({ code }));
  });
});
