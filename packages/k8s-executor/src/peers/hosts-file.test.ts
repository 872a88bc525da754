import { describe, expect, test } from "vitest";
import { hostsWith } from "./hosts-file.ts";

const docker = "127.0.0.1\tlocalhost\n10.77.0.20\tmaster\n";
const peers = (...names: readonly string[]) => ({
  version: "0a",
  peers: names.map((name, index) => ({ name, ip: `10.77.0.${20 + index}`, podCidr: "", master: false })),
});
const block = (...lines: readonly string[]) =>
  `# BEGIN nodes of the cluster, written by CKE\n${lines.join("\n")}\n# END nodes of the cluster\n`;
const both = `${block("10.77.0.21\tnode0", "10.77.0.22\tnode1")}${docker}`;

describe("the hosts file of a node called master", () => {
  test.each([
    ["gets the other nodes before Docker's lines", docker, ["master", "node0", "node1"], both],
    ["stays as it is when nothing has changed", both, ["master", "node0", "node1"], both],
    ["loses a node that was removed", both, ["master", "node0"], `${block("10.77.0.21\tnode0")}${docker}`],
    ["is Docker's alone when there is no other node", both, ["master"], docker],
    ["an empty one gets the block", "", ["master", "node0"], block("10.77.0.21\tnode0")],
    [
      "keeps what an operator has put below the block, and has one block only",
      `${both}${block("1.1.1.1\tx")}9.9.9.9\tmine\n`,
      ["master", "node0"],
      `${block("10.77.0.21\tnode0")}${docker}9.9.9.9\tmine\n`,
    ],
    [
      "loses no line of others to a block whose end is missing",
      `# BEGIN nodes of the cluster, written by CKE\n${docker}`,
      ["master", "node0"],
      `${block("10.77.0.21\tnode0")}${docker}`,
    ],
  ])("%s", (_title, before, names, after) => {
    expect(hostsWith(before, peers(...names), "master")).toBe(after);
    expect(hostsWith(after, peers(...names), "master")).toBe(after);
  });
});
