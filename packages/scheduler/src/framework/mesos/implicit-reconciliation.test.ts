import { expect, test } from "vitest";
import {
  afterAnswer,
  afterCall,
  afterLostCall,
  agentsBackTaskId,
  askAgentsEveryMs,
  beginImplicit,
  dueCall,
  type ImplicitCall,
  type ImplicitReconciliation,
  implicitEveryMs,
  sentinelTaskId,
} from "./implicit-reconciliation.ts";

type Event = "back" | "end" | "explicit" | "lost" | number;

/** The calls of these events, with their times in seconds. A number passes so many seconds. */
function callsOf(events: readonly Event[], explicitSent = true): readonly string[] {
  const calls: string[] = [];
  let [now, sent] = [0, explicitSent];
  let state: ImplicitReconciliation = beginImplicit(now);
  let last: ImplicitCall | undefined;
  const look = () => {
    for (let call = dueCall(state, now, sent); call !== undefined; call = dueCall(state, now, sent)) {
      calls.push(`${now / 1000} ${call}`);
      state = afterCall(state, call, now);
      last = call;
    }
  };
  look();
  for (const event of events) {
    if (event === "explicit") sent = true;
    else if (event === "lost") state = last === undefined ? state : afterLostCall(state, last, now);
    else if (typeof event === "string")
      state = afterAnswer(state, event === "back" ? agentsBackTaskId : sentinelTaskId, now) ?? state;
    else
      for (const end = now + event * 1000; now < end; ) {
        now += 1000;
        look();
      }
    look();
  }
  return calls;
}

const interval = implicitEveryMs / 1000;

test.each<[string, readonly Event[], readonly string[]]>([
  ["all agents are back", ["back", "end", 60], ["0 agents-back", "0 everything-with-end"]],
  ["every 15 minutes", ["back", "end", interval], ["0 agents-back", "0 everything-with-end", `${interval} everything`]],
  ["the answer comes late", [3, "back", "end", 60], ["0 agents-back", "3 everything-with-end"]],
  [
    "an agent is away for 12 s: everything is asked for without an end, and again when it is back",
    [12, "back", "end", 60],
    ["0 agents-back", "5 agents-back", "5 everything", "10 agents-back", "12 everything-with-end"],
  ],
  [
    "the end has no answer: the question and everything again",
    ["back", 5, "back", "end", 60],
    ["0 agents-back", "0 everything-with-end", "5 agents-back", "5 everything-with-end"],
  ],
  [
    "an earlier question is answered too: nothing more",
    [6, "back", "back", "end", "back", 60],
    ["0 agents-back", "5 agents-back", "5 everything", "6 everything-with-end"],
  ],
  ["the question is lost", ["lost", 1, "back", "end", 60], ["0 agents-back", "1 agents-back", "1 everything-with-end"]],
  [
    "everything, or its end, is lost",
    ["back", "lost", 1, "end", 60],
    ["0 agents-back", "0 everything-with-end", "1 everything-with-end"],
  ],
  [
    "the end was answered though its call seemed to be lost: everything is asked for again, without an end",
    ["back", "end", "lost", 60],
    ["0 agents-back", "0 everything-with-end", "1 everything"],
  ],
])("B11: %s", (_, events, calls) => {
  expect(callsOf(events)).toEqual(calls);
});

test("B11: the question comes before the explicit round, everything after it, however long that takes", () => {
  expect(callsOf(["back", 20, "explicit", "end", 60], false)).toEqual(["0 agents-back", "20 everything-with-end"]);
});

test("B11: the answer for another id changes nothing", () => {
  expect(afterAnswer(beginImplicit(0), "cke.small.m.i1", askAgentsEveryMs)).toBeUndefined();
});
