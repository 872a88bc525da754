import { expect, test } from "vitest";
import { FakeWrapper } from "../testing/fake-wrapper.ts";
import type { Peers } from "./peers.ts";
import { peersPath, writePeers } from "./peers-writer.ts";

const peers: Peers = {
  version: "0a",
  peers: [
    { name: "n", ip: "10.0.0.2", podCidr: "10.244.0.0/24" },
    { name: "other", ip: "10.0.0.3", podCidr: "10.244.1.0/24" },
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

test("says what could not be done, and does the rest", async () => {
  const wrapper = new FakeWrapper();
  wrapper.failures.set("ip", "Operation not permitted");
  const failed = writePeers(wrapper, peers, "n");
  await expect(failed).rejects.toThrow("its routes cannot be listed: Operation not permitted");
  expect(wrapper.hosts).toContain("10.0.0.3\tother\n");
});
