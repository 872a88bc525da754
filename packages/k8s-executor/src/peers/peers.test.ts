import { ClusterPeers } from "@cke/protocol";
import { expect, test } from "vitest";
import { maxPeers, peersFile, readPeers } from "./peers.ts";

const master = { name: "master", ip: "10.77.0.20", podCidr: "", master: false };
const worker = { name: "node0", ip: "10.77.0.21", podCidr: "10.244.0.0/24", master: false };
const read = (...peers: readonly Partial<typeof master>[]) =>
  readPeers(ClusterPeers.create({ version: "0a", peers: peers.map((peer) => ({ ...master, ...peer })) }));

test("what a scheduler sends is taken, and written for scripts", () => {
  const peers = read(master, worker);
  expect(peers).toEqual({ version: "0a", peers: [master, worker] });
  expect(peersFile(peers)).toBe("master 10.77.0.20\nnode0 10.77.0.21 10.244.0.0/24\n");
});

test.each([
  [{ name: "a\n127.0.0.1 bank" }, "peers.0.name must be a host name"],
  [{ name: "" }, "peers.0.name must be a host name"],
  [{ ip: "10.0.0.1 evil" }, "peers.0.ip must be an IPv4 address"],
  [{ ip: "fd00::1" }, "peers.0.ip must be an IPv4 address"],
  [{ podCidr: "10.244.0.0/24 via 1.1.1.1", master: false }, "peers.0.podCidr"],
  [{ podCidr: "10.244.0.0", master: false }, "peers.0.podCidr"],
])("nothing else gets into a file or a command: %j", (peer, words) => {
  expect(() => read(peer)).toThrow(words);
});

test("versions are hashes, and the number of nodes is bounded", () => {
  expect(() => readPeers(ClusterPeers.create({ version: "", peers: [] }))).toThrow("version must be");
  const many = Array.from({ length: maxPeers + 1 }, () => worker);
  expect(() => read(...many)).toThrow(`at most ${maxPeers}`);
});
