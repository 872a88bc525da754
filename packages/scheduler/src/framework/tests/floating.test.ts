// Floating addresses of a cluster: given, followed while their pods move, given back, and told to executors.
import { readFileSync } from "node:fs";
import { TaskData } from "@cke/protocol";
import { expect, test } from "vitest";
import { KubernetesApiError } from "../../kubernetes/access/access-errors.ts";
import { parseConfiguration } from "../../kubernetes/configuration/configuration-parser.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { Scenario } from "../testing/scenario.ts";

const file = new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url);
const configurations = new Map([
  ["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", readFileSync(file, "utf8"))],
]);
const body = smallBody({
  ...{ name: "my", k8s_ver: "1.37" },
  uplink: { network: "outside", routers: [{ address: "10.9.0.1", asn: 65_001 }], floating_pool: "198.51.100.64/31" },
  nodes: [
    { name: "m", type: "master", node_ip: "10.0.0.1" },
    { name: "n", type: "node", node_ip: "10.0.0.2" },
    { name: "gw", type: "natgw", node_ip: "10.0.0.3", uplink_ip: "10.9.0.3" },
  ],
});
const web = { pod: { namespace: "shop", name: "web-0" } };

/** A scheduler with the cluster; `pods`: their addresses. */
async function started(pods: Map<string, string>) {
  const client = {
    request: async (cluster: string, { path }: { readonly path: string }) => {
      const podIP = pods.get(path.split("/").at(-1) ?? "");
      if (podIP === undefined)
        throw new KubernetesApiError(cluster, { status: 404, reason: "NotFound", message: "none" });
      return { metadata: {}, status: { podIP } };
    },
  };
  const s = await new Scenario({ options: { configurations }, client, networks: ["net", "outside"] }).start();
  s.mesos.addAgent("a", { cpus: 16, mem: 32_000 });
  await s.clusters.create(body);
  s.scheduler.floating.start();
  return s;
}
const refusal = async (asked: Promise<unknown>) => {
  const error: unknown = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Error && "status" in error ? [error.status, error.message] : error;
};

test("an address leads to its pod, follows it, and is free again when it is given back", async () => {
  const pods = new Map([["web-0", "10.244.0.9"]]);
  const s = await started(pods);
  const { floating } = s.scheduler;
  expect(await floating.add("my", web, "me")).toEqual({
    ...{ floating_ip: "198.51.100.64", pod: "shop/web-0", address: "10.244.0.9" },
  });
  expect(await refusal(floating.add("my", web, "me"))).toEqual([
    409,
    "pod shop/web-0 gets no floating address: it has 198.51.100.64 already",
  ]);
  expect(await floating.add("my", { target: "10.244.0.7" }, "me")).toMatchObject({ floating_ip: "198.51.100.65" });
  expect(await refusal(floating.add("my", { target: "10.244.0.8" }, "me"))).toEqual([
    409,
    "all addresses of 198.51.100.64/31 are given: give one back (DELETE)",
  ]);
  // Executors get it with the nodes of the cluster.
  await s.offer("a");
  const data = new Uint8Array(Buffer.from(s.task("my", "gw").info.data ?? "", "base64"));
  const { task } = TaskData.decode(data);
  if (task?.kind !== "kubeNode") throw new Error("no node");
  expect(task.value).toMatchObject({ uplinkNetwork: "outside", uplinkIp: "10.9.0.3" });
  expect(task.value.peers?.bgp?.uplink?.floating).toEqual([
    { address: "198.51.100.64", target: "10.244.0.9" },
    { address: "198.51.100.65", target: "10.244.0.7" },
  ]);
  // The pod moves; then it is gone, and leads to nothing.
  pods.set("web-0", "10.244.1.4");
  await s.seconds(3);
  expect(floating.list("my")[0]?.address).toBe("10.244.1.4");
  pods.delete("web-0");
  await s.seconds(3);
  expect(floating.list("my")[0]?.address).toBe("");
  // It is stored: another scheduler goes on with it.
  pods.set("web-0", "10.244.0.12");
  await floating.remove("my", "198.51.100.65", "me");
  expect(await refusal(floating.remove("my", "198.51.100.65", "me"))).toMatchObject([404, expect.any(String)]);
  await s.seconds(3);
  expect(await floating.add("my", { target: "10.244.0.7", address: "198.51.100.65" }, "me")).toMatchObject({
    floating_ip: "198.51.100.65",
  });
  const stored = JSON.stringify((await s.store.get("workloads/my"))?.value);
  expect(stored).toContain(
    '{"address":"198.51.100.64","pod":{"namespace":"shop","name":"web-0"},"target":"10.244.0.12"}',
  );
  await floating.stop();
});

test("what cannot be is refused with the field", async () => {
  const s = await started(new Map());
  const { floating } = s.scheduler;
  expect(await refusal(floating.add("my", { target: "10.0.0.2" }, ""))).toEqual([
    422,
    "address: 10.0.0.2 is not in 10.244.0.0/16, the range of the cluster's pods",
  ]);
  expect(await refusal(floating.add("my", { ...web, address: "198.51.100.66" }, ""))).toEqual([
    422,
    "floating_ip: 198.51.100.66 is not in 198.51.100.64/31 (uplink.floating_pool)",
  ]);
  expect(await refusal(floating.add("other", web, ""))).toMatchObject([404, expect.any(String)]);
  expect(await floating.add("my", web, "")).toMatchObject({ address: "" });
  await floating.stop();
});
