import { createPrivateKey, X509Certificate } from "node:crypto";
import { silentLogger, systemClock } from "@cke/foundation";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../store/memory-store.ts";
import type { ClusterInstance as Life } from "./cluster-instance.ts";
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

const my: Life = { name: "my", createdAtMs: 7 };
const my2: Life = { name: "my2", createdAtMs: 7 };
const second: Life = { name: "second", createdAtMs: 7 };
/** The part of a cluster's record that counts here. */
const recorded = ({ name, createdAtMs }: Life, deleting = false) =>
  store.commit([{ op: "put", key: `workloads/${name}`, value: { createdAtMs, deleting } }]);
const keysOf = () => store.keys("pki/");

beforeEach(async () => {
  store = new MemoryStore();
  now = Date.parse("2030-01-01T00:00:00Z");
  for (const life of [my, my2, second]) await recorded(life);
});

describe("PkiVault", () => {
  it("makes a cluster's authorities once, also when asked twice at the same time", async () => {
    const first = vault();
    const [one, other] = await Promise.all([first.authorities(my), first.authorities(my)]);
    expect(other).toEqual(one);
    expect(await vault().authorities(my)).toEqual(one);
    expect((await vault().authorities(second)).adminToken).not.toBe(one.adminToken);
  });

  it("sends a node the same files after a restart of the scheduler", async () => {
    const issued = await vault().nodeSecrets(my, request);
    now += yearMs;
    expect(await vault().nodeSecrets(my, { ...request, masterIps: [...request.masterIps] })).toEqual(issued);
  });

  it("issues anew for another address, and long before the old ones expire", async () => {
    const issued = await vault().nodeSecrets(my, request);
    const moved = await vault().nodeSecrets(my, { ...request, nodeIp: "192.168.0.99" });
    expect(moved["kubelet.crt"]).not.toBe(issued["kubelet.crt"]);
    expect(moved["kubernetes-ca.crt"]).toBe(issued["kubernetes-ca.crt"]);
    now += 3 * yearMs;
    const renewed = await vault().nodeSecrets(my, { ...request, nodeIp: "192.168.0.99" });
    expect(renewed["kubelet.crt"]).not.toBe(moved["kubelet.crt"]);
  });

  it("certifies an API server's own key anew, with the names that are asked for now, and stores nothing", async () => {
    const master: NodeSecretsRequest = { ...request, node: "m", nodeType: "master", nodeIp: "192.168.0.80" };
    const issued = await vault().nodeSecrets(my, master);
    const wanted = { ...master, extraSans: ["10.9.9.9"] };
    const pem = (await vault().servingCertificate(my, wanted)) ?? "";
    const [before, after] = [issued["apiserver.crt"] ?? "", pem].map((text) => new X509Certificate(text));
    expect([before?.checkIP("10.9.9.9"), after?.checkIP("10.9.9.9")]).toEqual([undefined, "10.9.9.9"]);
    expect(after?.checkPrivateKey(createPrivateKey(issued["apiserver.key"] ?? ""))).toBe(true);
    const authority = new X509Certificate(issued["kubernetes-ca.crt"] ?? "");
    expect(after?.verify(authority.publicKey) && after.checkIssued(authority)).toBe(true);
    expect(await vault().nodeSecrets(my, master)).toEqual(issued);
    // The next launch asks with these names.
    expect((await vault().nodeSecrets(my, wanted))["apiserver.key"]).not.toBe(issued["apiserver.key"]);
    await vault().nodeSecrets(my, request);
    expect(await vault().servingCertificate(my, request)).toBeUndefined();
    expect(await vault().servingCertificate(my, { ...master, node: "none" })).toBeUndefined();
  });

  it("forgets a cluster completely", async () => {
    await vault().nodeSecrets(my, request);
    await vault().nodeSecrets(my2, request);
    await store.commit(await vault().deleteOperations("my"));
    expect(await keysOf()).toEqual(["pki/my2/authorities", "pki/my2/nodes/node0"]);
  });

  it("says which stored value it cannot read, without showing it", async () => {
    await store.commit([{ op: "put", key: "pki/my/authorities", value: { version: 2, adminToken: "s3cret" } }]);
    const failure = await vault()
      .authorities(my)
      .catch((error: unknown) => String(error));
    expect(failure).toContain('"pki/my/authorities" cannot be read');
    expect(failure).not.toContain("s3cret");
  });

  it.each([
    ["is gone", async () => void (await store.commit([{ op: "delete", key: "workloads/my" }]))],
    ["is being deleted", async () => void (await recorded(my, true))],
    ["was created again", async () => void (await recorded({ ...my, createdAtMs: 8 }))],
  ])("writes no key of a cluster that %s while it is made", async (_, end) => {
    const keys = vault();
    const asked = [keys.authorities(my), keys.nodeSecrets(my, request), keys.nodeSecrets(my2, request)];
    await end();
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "cluster_gone", status: 409 } },
      { status: "rejected", reason: { code: "cluster_gone" } },
      { status: "fulfilled" },
    ]);
    expect(await keysOf()).toEqual(["pki/my2/authorities", "pki/my2/nodes/node0"]);
  });

  it("writes keys although the record changes in another way meanwhile", async () => {
    const asked = vault().nodeSecrets(my, request);
    for (let index = 0; index < 20; index += 1) {
      await recorded(my);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await asked;
    expect(await keysOf()).toEqual(["pki/my/authorities", "pki/my/nodes/node0"]);
  });

  it("sweeps what earlier versions left of clusters that are gone", async () => {
    await vault().nodeSecrets(my, request);
    await vault().nodeSecrets(my2, request);
    await vault().sweep(new Set(["my", "my2"]));
    expect(await keysOf()).toHaveLength(4);
    await vault().sweep(new Set(["my2"]));
    expect(await keysOf()).toEqual(["pki/my2/authorities", "pki/my2/nodes/node0"]);
  });
});
