// Pools from which clusters get their ranges, and which range of a pool is free. Pure: what is taken follows from the
// stored clusters, so a range is free again as soon as its cluster is gone.
import { type AddressBlock, formatAddress, parseBlock, sizeOf } from "../../workload/body/address-block.ts";
import { podBlockPrefix } from "../configuration/computed-variables.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import {
  blocksOf,
  type ClusterRanges,
  configuredRange,
  type OwnRanges,
  type RangeKind,
  rangeKinds,
  rangeNames,
  rangesOf,
} from "./cluster-ranges.ts";
import type { RangePool, RangePools } from "./range-texts.ts";

/** The lowest range of the pool's first range with room that has no address of `taken`; undefined when there is none. */
export function freeRange(pool: RangePool, taken: readonly AddressBlock[]): string | undefined {
  const sorted = taken.toSorted((one, other) => one.base - other.base);
  for (const { base, prefix, length } of pool) {
    const size = sizeOf({ base, prefix: length });
    let candidate = base;
    for (const block of sorted) {
      if (block.base >= candidate + size) break;
      const end = block.base + sizeOf(block);
      if (end > candidate) candidate = base + Math.ceil((end - base) / size) * size;
    }
    if (candidate + size <= base + sizeOf({ base, prefix })) return `${formatAddress(candidate)}/${length}`;
  }
  return undefined;
}

export interface RangeRequest {
  /** What the body names. */
  readonly asked: OwnRanges;
  readonly pools: RangePools;
  readonly configuration: Pick<ClusterConfiguration, "variables" | "nodes"> | undefined;
  /** Of all other clusters, whatever their networks are: a pool gives nothing twice. */
  readonly others: readonly ClusterRanges[];
  /** Addresses that the cluster's nodes, or others in their network, have. Asked for only when a pool is used. */
  readonly avoid: () => readonly AddressBlock[];
  /** How many blocks of the pods' range the cluster's workers take. */
  readonly blocks: number;
}

/** The parts of a pool that have room for so many blocks of workers. */
const roomy = (pool: RangePool, blocks: number): RangePool =>
  pool.filter(({ length }) => 2 ** (podBlockPrefix - length) >= blocks);

/** The ranges that a new cluster gets for itself, and the kinds whose pool has none that is free. */
export function chooseRanges(request: RangeRequest): {
  readonly own: OwnRanges;
  readonly exhausted: readonly RangeKind[];
} {
  const { asked, pools, configuration } = request;
  const fromPool = (kind: RangeKind) =>
    asked[rangeNames[kind].own] === undefined && configuredRange(kind, configuration) !== undefined
      ? kind === "pods" && pools.pods !== undefined
        ? roomy(pools.pods, request.blocks)
        : pools[kind]
      : undefined;
  let own = asked;
  const waiting = new Set(rangeKinds.filter((kind) => fromPool(kind) !== undefined));
  if (waiting.size === 0) return { own, exhausted: [] };
  const taken = [...request.others.flatMap(blocksOf), ...request.avoid()];
  const exhausted: RangeKind[] = [];
  for (const kind of waiting) {
    const ranges = rangesOf(own, configuration);
    const settled = rangeKinds.filter((one) => one !== kind && !waiting.has(one));
    const mine = settled.flatMap((one) => parseBlock(ranges[one]) ?? []);
    const range = freeRange(fromPool(kind) ?? [], [...taken, ...mine]);
    if (range === undefined) exhausted.push(kind);
    else own = { ...own, [rangeNames[kind].own]: range };
    waiting.delete(kind);
  }
  return { own, exhausted };
}
