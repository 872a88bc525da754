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

/**
 * The addresses with what is known of their pods now. `addressOf`: of a pod; undefined for one that has none. The same value when nothing
 * changes. Of two that would lead to one address inside, which no request asks for, the first keeps it.
 */
export function followed(
  given: readonly FloatingAddress[],
  addressOf: (pod: PodName) => string | undefined,
): readonly FloatingAddress[] {
  const used = new Set(given.flatMap(({ pod, target }) => (pod === undefined && target !== undefined ? [target] : [])));
  const next = given.map((one): FloatingAddress => {
    if (one.pod === undefined) return one;
    const found = addressOf(one.pod);
    const target = found !== undefined && used.has(found) ? undefined : found;
    if (target !== undefined) used.add(target);
    if (target === one.target) return one;
    return { address: one.address, pod: one.pod, ...(target === undefined ? {} : { target }) };
  });
  return next.some((one, index) => one !== given[index]) ? next : given;
}
