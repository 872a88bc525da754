// What CKE has made stays where others use it.
import { expect, test } from "vitest";
import { keptForOthers } from "./foreign-use.ts";
import { keyOf, type Present, type PresentLink, type SharedLink } from "./shared-link.ts";

const link = (more: Partial<PresentLink> = {}): PresentLink => ({
  type: "",
  master: "",
  lower: "",
  multiQueue: false,
  carrier: true,
  ...more,
});
const present = (
  links: Record<string, Record<string, PresentLink>>,
  ovsPorts: Record<string, string> = {},
): Present => ({
  links: new Map(Object.entries(links).map(([name, of]) => [name, new Map(Object.entries(of))])),
  forwardDrops: false,
  forwarded: new Set(),
  ovsBridges: new Set(),
  ovsPorts: new Map(Object.entries(ovsPorts)),
});
const bridge = (namespace = ""): SharedLink => ({ kind: "bridge", namespace, name: "br", address: "", mtu: 0 });
const port: SharedLink = { kind: "port", link: "v7", bridge: "br" };
const vlan: SharedLink = { kind: "vlan", name: "v7", parent: "eth0", id: 7 };
const namespace: SharedLink = { kind: "namespace", name: "ns" };
const cable: SharedLink = { kind: "cable", name: "c0", peer: "c1", hostBridge: "h", namespace: "ns", bridge: "br" };
const parent: SharedLink = { kind: "parent", name: "p0", peer: "p1", mtu: 0 };

test.each<[string, readonly SharedLink[], Present, readonly SharedLink[], RegExp?]>([
  ["a bridge with nothing in it", [bridge()], present({ "": { br: link() } }), []],
  ["its own uplink is no stranger", [vlan, bridge(), port], present({ "": { v7: link({ master: "br" }) } }), []],
  ["a tap of another VM is none", [bridge()], present({ "": { ckt1: link({ master: "br" }) } }), []],
  [
    "a port of somebody else: the bridge stays with its uplink and its rules",
    [vlan, bridge(), port, { kind: "forward", bridge: "br" }],
    present({ "": { v7: link({ master: "br" }), veth1: link({ master: "br" }) } }),
    [vlan, bridge(), port, { kind: "forward", bridge: "br" }],
    /bridge br, which CKE has made, stays.*\(veth1\).*ip link delete br/,
  ],
  [
    "a port of a bridge in a namespace: namespace and cable stay",
    [namespace, bridge("ns"), cable],
    present({ "": {}, ns: { lo: link(), c1: link({ master: "br" }), x: link({ master: "br" }), br: link() } }),
    [namespace, bridge("ns"), cable],
    /bridge br of namespace ns/,
  ],
  [
    "a link beside the bridge: the namespace stays, the bridge goes",
    [namespace, bridge("ns"), cable],
    present({ "": {}, ns: { lo: link(), tunl0: link(), c1: link({ master: "br" }), wg0: link(), br: link() } }),
    [namespace],
    /network namespace ns.*wg0/,
  ],
  ["a macvlan of somebody else", [parent], present({ "": { mv: link({ lower: "p0" }) } }), [parent], /link p0.*mv/],
  ["the macvtap of a VM is none", [parent], present({ "": { ckt1: link({ lower: "p0" }) } }), []],
  [
    "a port of an Open vSwitch bridge",
    [{ kind: "ovs", name: "o", userspace: false }],
    present({ "": {} }, { ckt1: "o", tap9: "o" }),
    [{ kind: "ovs", name: "o", userspace: false }],
    /Open vSwitch bridge o.*tap9.*ovs-vsctl del-br o/,
  ],
])("%s", (_what, links, there, kept, words) => {
  const result = keptForOthers(links, there, new Set(["ckt1"]));
  expect([...result.keys].toSorted()).toEqual(kept.map(keyOf).toSorted());
  if (words === undefined) expect(result.words).toEqual([]);
  else expect(result.words.join("\n")).toMatch(words);
});
