import { expect, test } from "vitest";
import type { RangeKind } from "../../../packages/scheduler/src/kubernetes/ranges/cluster-ranges.ts";
import { freeRange } from "../../../packages/scheduler/src/kubernetes/ranges/range-pool.ts";
import { parsePool } from "../../../packages/scheduler/src/kubernetes/ranges/range-texts.ts";
import { parseBlock } from "../../../packages/scheduler/src/workload/body/address-block.ts";
import { addressPools } from "./address-pools.ts";

test.each<[RangeKind, string]>([
  ["pods", "10.244.0.0/16"],
  ["services", "10.96.0.0/16"],
])("`make up` has %s for 60 clusters, and the first has those of cke.conf", (kind, first) => {
  const pool = parsePool(kind, addressPools[kind]) ?? [];
  const given: string[] = [];
  for (let count = 0; count < 60; count += 1)
    given.push(
      freeRange(
        pool,
        given.flatMap((range) => parseBlock(range) ?? []),
      ) ?? "none",
    );
  expect(given[0]).toBe(first);
  expect(given).not.toContain("none");
});
