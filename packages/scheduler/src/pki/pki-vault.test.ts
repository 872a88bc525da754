import { silentLogger, systemClock } from "@cke/foundation";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../store/memory-store.ts";
import { type NodeSecretsRequest, PkiVault } from "./index.ts";

const request: NodeSecretsRequest = {
  node: "node0",
  nodeType: "node",
  nodeIp: "192.168.0.81",
  masterIps: ["192.168.0.80"],
  serviceCidr: "10.96.0.0/12",
  apiServerUrl: "https://192.168.0.80:6443",
};
const yearMs = 365.25 * 24 * 3_600_000;
let store: MemoryStore;
let now: number;
const vault = () => new PkiVault({ store, logger: silentLogger, clock: { ...systemClock, now: () => now } });

beforeEach(() => {
  store = new MemoryStore();
  now = Date.parse("2030-01-01T00:00:00Z");
});

describe("PkiVault", () => {
  it("makes a cluster's authorities once, also when asked twice at the same time", async () => {
    const first = vault();
    const [one, other] = await Promise.all([first.authorities("my"), first.authorities("my")]);
    expect(other).toEqual(one);
    expect(await vault().authorities("my")).toEqual(one);
    expect((await vault().authorities("second")).adminToken).not.toBe(one.adminToken);
  });

  it("sends a node the same files after a restart of the scheduler", async () => {
    const issued = await vault().nodeSecrets("my", request);
    now += yearMs;
    expect(await vault().nodeSecrets("my", { ...request, masterIps: [...request.masterIps] })).toEqual(issued);
  });

  it("issues anew for another address, and long before the old ones expire", async () => {
    const issued = await vault().nodeSecrets("my", request);
    const moved = await vault().nodeSecrets("my", { ...request, nodeIp: "192.168.0.99" });
    expect(moved["kubelet.crt"]).not.toBe(issued["kubelet.crt"]);
    expect(moved["kubernetes-ca.crt"]).toBe(issued["kubernetes-ca.crt"]);
    now += 3 * yearMs;
    const renewed = await vault().nodeSecrets("my", { ...request, nodeIp: "192.168.0.99" });
    expect(renewed["kubelet.crt"]).not.toBe(moved["kubelet.crt"]);
  });

  it("forgets a cluster completely", async () => {
    await vault().nodeSecrets("my", request);
    await vault().nodeSecrets("my2", request);
    await store.commit(await vault().deleteOperations("my"));
    expect((await store.list("")).map(({ key }) => key)).toEqual(["pki/my2/authorities", "pki/my2/nodes/node0"]);
  });

  it("says which stored value it cannot read, without showing it", async () => {
    await store.commit([{ op: "put", key: "pki/my/authorities", value: { version: 2, adminToken: "s3cret" } }]);
    const failure = await vault()
      .authorities("my")
      .catch((error: unknown) => String(error));
    expect(failure).toContain('"pki/my/authorities" cannot be read');
    expect(failure).not.toContain("s3cret");
  });
});
