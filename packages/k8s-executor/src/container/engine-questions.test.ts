import { KubeNodeTask } from "@cke/protocol";
import { expect, test } from "vitest";
import { EngineError } from "../docker/engine.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { connectUplink, uplinkWay } from "./engine-questions.ts";
import { specHash } from "./spec-hash.ts";

const gateway = KubeNodeTask.create({
  ...{ cluster: "c", node: "gw0", nodeType: "natgw", image: "i", network: "nodes", ip: "10.77.0.20" },
  ...{ uplinkNetwork: "outside", uplinkIp: "203.0.113.20" },
});
const worker = KubeNodeTask.create({ ...gateway, uplinkNetwork: "", uplinkIp: "" });
const network = {
  ...{ name: "outside", driver: "bridge", scope: "local" },
  ranges: [{ subnet: "203.0.113.0/24", gateway: "203.0.113.254" }],
  holders: new Map([["203.0.113.20", "web"]]),
};

test("the container of a gateway joins the uplink's network, that of another node does not", async () => {
  const engine = new FakeEngine();
  await connectUplink(engine, worker, "c1");
  await connectUplink(engine, gateway, "c1");
  expect(engine.connections).toEqual(["c1 outside 203.0.113.20"]);
  engine.heldNetworks.set("outside", network);
  expect([await uplinkWay(engine, gateway), await uplinkWay(engine, worker)]).toEqual(["203.0.113.254", undefined]);
});

test("what the engine refuses names the uplink, its address, and who has it", async () => {
  const engine = new FakeEngine();
  engine.heldNetworks.set("outside", network);
  engine.failOn("connect", new EngineError("Address already in use", { status: 403 }), 1);
  await expect(connectUplink(engine, gateway, "c1")).rejects.toThrow(
    "address 203.0.113.20 of network outside is in use by container web",
  );
  engine.failOn("connect", new EngineError("network outside not found", { status: 404 }));
  await expect(connectUplink(engine, gateway, "c1")).rejects.toThrow("Docker network outside does not exist");
});

test("another uplink is another container, and other nodes keep the hash that they always had", () => {
  const hashes = [worker, gateway, { ...gateway, uplinkIp: "203.0.113.21" }].map(specHash);
  expect(new Set(hashes).size).toBe(3);
  expect(hashes[0]).toBe("34634e5f736af9b888f24d4033058a82");
});
