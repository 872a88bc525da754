// A rule for the ranges of addresses of clusters: no two clusters have an address in common, and a new cluster gets the lowest range
// that nobody has. So a range that a removed cluster did not give back is seen.
import { formatAddress, overlap, parseBlock } from "@cke/scheduler/workload/body/address-block";
import { z } from "zod";

const recordSchema = z.looseObject({
  kind: z.string(),
  spec: z.looseObject({ podCidr: z.string().optional(), serviceCidr: z.string().optional() }),
});
type Field = "podCidr" | "serviceCidr";

function rangeOf(record: unknown, field: Field): string | undefined {
  const { kind, spec } = recordSchema.parse(record);
  return kind === "kubernetes" ? spec[field] : undefined;
}

/** Its ranges that are lower in the same /12, from which each pool of simulated runs is. */
function lowerOf(range: string): readonly string[] {
  const block = parseBlock(range);
  if (block === undefined) return [];
  const size = 2 ** (32 - block.prefix);
  const first = block.base - (block.base % 2 ** 20);
  return Array.from(
    { length: (block.base - first) / size },
    (_, index) => `${formatAddress(first + index * size)}/${block.prefix}`,
  );
}

/**
 * What is wrong with the ranges of the workload that was stored under `key`; "" for nothing. `values`: the whole store.
 * `isNew`: it was created with this commit.
 */
export function rangeProblem(
  { key, value: record }: { readonly key: string; readonly value: unknown },
  values: ReadonlyMap<string, unknown>,
  isNew: boolean,
): string {
  for (const field of ["podCidr", "serviceCidr"] as const) {
    const range = rangeOf(record, field);
    if (range === undefined) continue;
    const others = [...values].flatMap(([other, value]) => {
      if (other === key || !other.startsWith("workloads/")) return [];
      const theirs = rangeOf(value, field);
      return theirs === undefined ? [] : [{ other, range: theirs }];
    });
    const own = parseBlock(range);
    const shared = others.find((one) => {
      const block = parseBlock(one.range);
      return own !== undefined && block !== undefined && overlap(own, block);
    });
    if (shared !== undefined) return `it has the range ${range}, which ${shared.other} has too`;
    const free = lowerOf(range).find((lower) => !others.some((one) => one.range === lower));
    if (isNew && free !== undefined) return `it got the range ${range} although ${free} is free`;
  }
  return "";
}
