// Floating addresses of a cluster: what is stored of them, and how they are given, followed and given back. Pure.
import { z } from "zod";
import { formatAddress, parseBlock, sizeOf } from "../../workload/body/address-block.ts";

const podName = z.object({ namespace: z.string(), name: z.string() });
export type PodName = Readonly<z.infer<typeof podName>>;

/** As it is stored with its cluster. */
export const floatingSchema = z.object({
  address: z.string(),
  /** It follows this pod. Absent: `target` never changes. */
  pod: podName.optional(),
  /** The address inside; absent while the pod has none. */
  target: z.string().optional(),
});
export type FloatingAddress = Readonly<z.infer<typeof floatingSchema>>;

/** What a request asks for. */
export interface AskedFloating {
  readonly pod?: PodName | undefined;
  readonly target?: string | undefined;
  /** Absent: the lowest that is free. */
  readonly address?: string | undefined;
}

/** True when the pool has the address. */
export function isInPool(pool: string, address: string): boolean {
  const [block, one] = [parseBlock(pool), parseBlock(`${address}/32`)];
  return block !== undefined && one !== undefined && one.base >= block.base && one.base < block.base + sizeOf(block);
}

/** The lowest address of the pool that nobody has; undefined when all are given. All addresses of a pool can be given: they are on no link. */
export function freeAddress(pool: string, given: readonly FloatingAddress[]): string | undefined {
  const block = parseBlock(pool);
  if (block === undefined) return undefined;
  const taken = new Set(given.map(({ address }) => address));
  for (let at = block.base; at < block.base + sizeOf(block); at += 1) {
    const address = formatAddress(at);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

const isSamePod = (one: PodName | undefined, other: PodName | undefined) =>
  one !== undefined && other !== undefined && one.name === other.name && one.namespace === other.namespace;

/** Which of the given addresses makes it impossible, in words; "" for none. What is inside has one address outside: that of its answers. */
export function givenAlready(given: readonly FloatingAddress[], asked: AskedFloating): string {
  const own = given.find(
    ({ pod, target }) => isSamePod(pod, asked.pod) || (target !== undefined && target === asked.target),
  );
  if (own !== undefined) return `it has ${own.address} already`;
  const other = given.find(({ address }) => address === asked.address);
  return other === undefined ? "" : `${other.address} is given to ${insideWords(other)}`;
}

/** What has the address, in words. */
export const insideWords = ({ pod, target = "" }: Pick<FloatingAddress, "pod" | "target">) =>
  pod === undefined ? target : `pod ${pod.namespace}/${pod.name}`;

/** What is known of a pod that an address follows. */
export interface SeenPod {
  /** Absent: it has none that an address may lead to. */
  readonly target?: string | undefined;
  /** Why it has none, in words; "" where it has one. */
  readonly problem: string;
  /** It could not be asked: its address leads where it led. */
  readonly unknown?: true;
}

export interface Followed {
  /** The same value when nothing changes. */
  readonly next: readonly FloatingAddress[];
  /** Why an address leads to nothing, or cannot be followed; "" where it does. Addresses of pods that nobody asked for are missing. */
  readonly problems: ReadonlyMap<string, string>;
  /** Why pods could not be asked: the first such problem, "" for none. */
  readonly unasked: string;
}

/**
 * The addresses with what is known of their pods now; a pod of which nothing is known keeps what it has. Of two that would lead to one address
 * inside, which no request asks for, the first keeps it.
 */
export function followed(given: readonly FloatingAddress[], seenOf: (pod: PodName) => SeenPod | undefined): Followed {
  const used = new Map(
    given.flatMap(({ address, pod, target }) =>
      pod === undefined && target !== undefined ? [[target, address] as const] : [],
    ),
  );
  const problems = new Map<string, string>();
  let unasked = "";
  const next = given.map((one): FloatingAddress => {
    if (one.pod === undefined) return one;
    const seen = seenOf(one.pod);
    if (seen?.unknown === true) unasked ||= seen.problem;
    const wanted = seen === undefined || seen.unknown === true ? one.target : seen.target;
    const holder = wanted === undefined ? undefined : used.get(wanted);
    const target = holder === undefined ? wanted : undefined;
    if (holder !== undefined) problems.set(one.address, `${holder} leads to its address ${wanted} already`);
    else if (seen !== undefined) problems.set(one.address, seen.problem);
    if (target !== undefined) used.set(target, one.address);
    if (target === one.target) return one;
    return { address: one.address, pod: one.pod, ...(target === undefined ? {} : { target }) };
  });
  return { next: next.some((one, index) => one !== given[index]) ? next : given, problems, unasked };
}

/**
 * Most bytes of a cluster's record with its floating addresses, each with the longest target. What is left of the store's limit is for plans,
 * stops and more nodes.
 */
export const maxFloatingRecordBytes = 700_000;

/** How many bytes a value with these addresses has at most, whatever their pods get later. `rest`: the value without them. */
export function floatingRecordBytes(rest: unknown, given: readonly FloatingAddress[]): number {
  const longest = given.map((one) => ({ ...one, target: "255.255.255.255" }));
  return Buffer.byteLength(JSON.stringify(rest)) + Buffer.byteLength(JSON.stringify(longest));
}
