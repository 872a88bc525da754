import { expect, test } from "vitest";
import { FakeWrapper } from "../testing/fake-wrapper.ts";
import type { Peers } from "./peers.ts";
import { peersPath, writePeers } from "./peers-writer.ts";

const peers: Peers = {
  version: "0a",
  peers: [
    { name: "n", ip: "10.0.0.2", podCidr: "10.244.0.0/24", master: false },
    { name: "other", ip: "10.0.0.3", podCidr: "10.244.1.0/24", master: false },
  ],
};

test("writes the file of scripts, the hosts file and the routes; a second time changes nothing", async () => {
  const wrapper = new FakeWrapper();
  await writePeers(wrapper, peers, "n");
  expect(new TextDecoder().decode(wrapper.files.get(peersPath)?.content)).toContain("other 10.0.0.3 10.244.1.0/24");
  expect(wrapper.hosts).toContain("10.0.0.3\tother\n");
  expect([...wrapper.routes.values()]).toEqual([{ dst: "10.244.1.0/24", gateway: "10.0.0.3", protocol: "98" }]);
  const before = wrapper.calls.length;
  await writePeers(wrapper, peers, "n");
  expect(wrapper.calls.slice(before).toSorted()).toEqual([`put ${peersPath}`, "run cat", "run ip"]);
});

test("in a new container one command writes hosts and routes; the same as what is written later", async () => {
  const wrapper = new FakeWrapper();
  await writePeers(wrapper, peers, "n", { fresh: true });
  expect(wrapper.calls.filter((call) => call.startsWith("run"))).toEqual(["run /bin/sh"]);
  const other = new FakeWrapper();
  await writePeers(other, peers, "n");
  expect(wrapper.hosts).toBe(other.hosts);
  expect([...wrapper.routes]).toEqual([...other.routes]);
  wrapper.failures.set("/bin/sh", "Operation not permitted");
  await expect(writePeers(wrapper, peers, "n", { fresh: true })).rejects.toThrow(/hosts file.*Operation not permitted/);
});

test("a node without others gets no command, and one with very many gets them the other way", async () => {
  const wrapper = new FakeWrapper();
  await writePeers(wrapper, { version: "0c", peers: peers.peers.slice(0, 1) }, "n", { fresh: true });
  expect(wrapper.calls).toEqual([`put ${peersPath}`]);
  const many = Array.from({ length: 5_000 }, (_, at) => ({
    ...{ name: `node-${at}`, ip: `10.1.${at >> 8}.${at & 255}`, podCidr: "", master: false },
  }));
  await writePeers(wrapper, { version: "0d", peers: many }, "n", { fresh: true });
  expect(wrapper.calls.filter((call) => call === "run cat")).toHaveLength(1);
  expect(wrapper.hosts).toContain("10.1.19.135\tnode-4999\n");
});

test("the masters are behind the node's balancer, where it has one", async () => {
  const wrapper = new FakeWrapper();
  await writePeers(wrapper, peers, "n", { balancer: { port: 6444, masterPort: 6443 } });
  expect(wrapper.balancer).toBeUndefined();
  const [first, other] = peers.peers;
  if (first === undefined || other === undefined) throw new Error("two peers");
  const named = { version: "0b", peers: [first, { ...other, master: true }] };
  await writePeers(wrapper, named, "n");
  expect(wrapper.balancer).toBeUndefined();
  await writePeers(wrapper, named, "n", { balancer: { port: 6444, masterPort: 6443 } });
  expect(wrapper.balancer).toEqual({ listen: "127.0.0.1:6444", targets: ["10.0.0.3:6443"], healthPath: "/readyz" });
  wrapper.failures.set("balancer", "it does not know this call");
  const failed = writePeers(wrapper, named, "n", { balancer: { port: 6444, masterPort: 6443 } });
  await expect(failed).rejects.toThrow(
    "at 127.0.0.1:6444 cannot be set: it does not know this call; the image is of an earlier",
  );
  expect(wrapper.hosts).toContain("10.0.0.3\tother\n");
});

test("says what could not be done, and does the rest", async () => {
  const wrapper = new FakeWrapper();
  wrapper.failures.set("ip", "Operation not permitted");
  const failed = writePeers(wrapper, peers, "n");
  await expect(failed).rejects.toThrow(/routes.*Operation not permitted/);
  expect(wrapper.hosts).toContain("10.0.0.3\tother\n");
});
