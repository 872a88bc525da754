import { expect, test } from "vitest";
import { EtcdCompaction } from "./etcd-compaction.ts";

test("history goes after an interval by bytes or by time, and one interval is always kept", () => {
  const compaction = new EtcdCompaction(0);
  expect(compaction.written(63_000_000, "10", 1)).toBeUndefined();
  expect(compaction.written(1_000_000, "11", 2)).toBeUndefined(); // the first interval ends
  expect(compaction.written(63_999_999, "12", 3)).toBeUndefined();
  expect(compaction.written(1, "13", 4)).toBe("11");
  expect(compaction.written(1, "14", 300_003)).toBeUndefined();
  expect(compaction.written(1, "15", 300_004)).toBe("13");
});
