// The hosts file of a node: a block of lines between two marks is CKE's, everything else is Docker's or an operator's. The block
// comes first, because the first line of a name wins: a container of an earlier version of CKE has other lines with the same
// names below it. Pure.
import type { Peers } from "./peers.ts";

const begin = "# BEGIN nodes of the cluster, written by CKE";
const end = "# END nodes of the cluster";

/** Lines that are not CKE's. A mark without its partner ends the block at once: nothing of others is lost. */
function withoutBlock(lines: readonly string[]): readonly string[] {
  const from = lines.indexOf(begin);
  const to = lines.indexOf(end, from);
  if (from < 0 || to < 0) return lines.filter((line) => line !== begin && line !== end);
  return withoutBlock([...lines.slice(0, from), ...lines.slice(to + 1)]);
}

/** The text with these nodes as CKE's block, without the node itself, whose line is Docker's. */
export function hostsWith(text: string, { peers }: Peers, ownName: string): string {
  const others = withoutBlock(text.split("\n"));
  const block = peers.filter(({ name }) => name !== ownName).map(({ name, ip }) => `${ip}\t${name}`);
  return [...(block.length === 0 ? [] : [begin, ...block, end]), ...others].join("\n");
}
