import { expect, test } from "vitest";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { afterReplacement } from "./replaced-agents.ts";

const none = { cpus: 0, mem: 0, disk: 0, ports: [] };
const reserved = (agentId: string): UnitRecord["reservations"][number] => ({
  ...{ agentId, hostname: "a", role: "cke", state: "reserved", operationId: "", problem: "", changedAtMs: 1 },
  ...{ amounts: none, releasing: none, reserving: none },
});
const last = (agentId: string) => ({ executorId: "e", agentId, hostname: "a", endedAtMs: 1 });
const left = (agentId: string | undefined) => ({
  ...{ hostname: "a", agentRemoved: false, attempts: 0, retryAtMs: 0 },
  ...(agentId === undefined ? {} : { mayRun: { agentId } }),
});
const fresh = newUnitRecord("c", "n", "i1");
const found = new Map([["S1", "S2"]]);

test.each<[string, Partial<UnitRecord>, Partial<UnitRecord>]>([
  [
    "what was reserved there is noted no more, what is elsewhere stays",
    { reservations: [reserved("S1"), reserved("S3")] },
    { reservations: [reserved("S3")] },
  ],
  ["its last launch was there: its host is that of the other agent", { last: last("S1") }, { last: last("S2") }],
  [
    "what may run there is waited for under the other agent",
    { orphaned: [left("S1"), left("S3"), left(undefined)] },
    { orphaned: [left("S2"), left("S3"), left(undefined)] },
  ],
])("%s", (_what, before, after) => {
  expect(afterReplacement({ ...fresh, ...before }, found)).toEqual({ ...fresh, ...after });
});

test("a record that names none of these agents is the same", () => {
  const record = {
    ...fresh,
    reservations: [reserved("S3")],
    last: last("S2"),
    orphaned: [left("S3"), left(undefined)],
  };
  expect(afterReplacement(record, found)).toBe(record);
});
