// IPv4 arithmetic: blocks of a range and hosts of a block. Addresses are unsigned 32-bit numbers inside.

/** The address as a number, undefined when the text is not four decimal octets. */
export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1).map((octet) => ({ value: Number(octet), text: octet }));
  if (octets.some(({ value, text: octet }) => value > 255 || String(value) !== octet)) return undefined;
  return octets.reduce((sum, { value }) => sum * 256 + value, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

export interface AddressBlock {
  readonly base: number;
  readonly prefix: number;
}

/** `10.96.0.0/12`, its host bits zero; undefined for anything else. */
export function parseBlock(text: string): AddressBlock | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const base = parseAddress(address);
  if (base === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > 32 || base % 2 ** (32 - prefix) !== 0) return undefined;
  return { base, prefix };
}

/** `10.244.0.0/16` of `10.244.3.0/16`; a text that is no IPv4 range is returned as it is. */
export function withoutHostBits(text: string): string {
  const [address = "", length = "", ...rest] = text.split("/");
  const base = parseAddress(address);
  const prefix = Number(length);
  if (base === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || prefix > 32) return text;
  return `${formatAddress(base - (base % 2 ** (32 - prefix)))}/${prefix}`;
}

/** How many addresses it has. */
export const sizeOf = ({ prefix }: AddressBlock) => 2 ** (32 - prefix);

/** True when they have an address in common. */
export const overlap = (one: AddressBlock, other: AddressBlock) =>
  one.base < other.base + sizeOf(other) && other.base < one.base + sizeOf(one);

function blockFrom(text: string): AddressBlock {
  const block = parseBlock(text);
  if (block === undefined)
    throw new RangeError(`"${text}" is not an IPv4 range like 10.244.0.0/16 with host bits zero`);
  return block;
}

/** Block number `index` of length `prefix` inside a range. Throws RangeError when the range has no such block. */
export function blockOf(range: string, prefix: number, index: number): string {
  const { base, prefix: outer } = blockFrom(range);
  const count = 2 ** (prefix - outer);
  if (prefix < outer || index < 0 || index >= count) {
    throw new RangeError(`${range} has no /${prefix} block number ${index}: it holds ${prefix < outer ? 0 : count}`);
  }
  return `${formatAddress(base + index * 2 ** (32 - prefix))}/${prefix}`;
}

/** Host number `index` of a range (1: the first address after the range's own). Throws RangeError outside of it. */
export function hostOf(range: string, index: number): string {
  const { base, prefix } = blockFrom(range);
  if (index >= 2 ** (32 - prefix)) throw new RangeError(`${range} has no host number ${index}`);
  return formatAddress(base + index);
}
