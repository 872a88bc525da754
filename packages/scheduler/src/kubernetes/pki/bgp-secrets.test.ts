import { expect, test } from "vitest";
import { MemoryStore } from "../../store/memory-store.ts";
import { bgpSecretsOf, newBgpSecrets } from "./bgp-secrets.ts";

test("each cluster has a secret of its own, and its routers' passwords", async () => {
  const store = new MemoryStore();
  await store.commit([newBgpSecrets("one", { "10.0.0.1": "p1" }), newBgpSecrets("two", {})]);
  const [one, two] = [await bgpSecretsOf(store, "one"), await bgpSecretsOf(store, "two")];
  expect(one).toMatch(/^define cluster_secret = "[\w-]{32}";\ndefine router_secret_10_0_0_1 = "p1";\n$/);
  expect(two).toMatch(/^define cluster_secret = "[\w-]{32}";\n$/);
  expect(one?.split("\n")[0]).not.toBe(two?.split("\n")[0]);
  expect(await bgpSecretsOf(store, "three")).toBeUndefined();
});

test("a damaged value is told by its place only", async () => {
  const store = new MemoryStore();
  await store.commit([{ op: "put", key: "pki/one/bgp", value: { version: 1, cluster: "s3cret", routers: 1 } }]);
  await expect(bgpSecretsOf(store, "one")).rejects.toThrow(/pki\/one\/bgp.*routers/);
  await expect(bgpSecretsOf(store, "one")).rejects.not.toThrow(/s3cret/);
});
