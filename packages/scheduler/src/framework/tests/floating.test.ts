// Floating addresses of a cluster: given, followed while their pods move, given back, and told to executors.
import { readFileSync } from "node:fs";
import { TaskData } from "@cke/protocol";
import { expect, test } from "vitest";
import { KubernetesApiError } from "../../kubernetes/access/access-errors.ts";
import { type ClusterRecord, knownCluster } from "../../kubernetes/cluster/cluster-record.ts";
import { parseConfiguration } from "../../kubernetes/configuration/configuration-parser.ts";
import type { FloatingAddress } from "../../kubernetes/network/floating-spec.ts";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { Scenario } from "../testing/scenario.ts";

const file = new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url);
const configurations = new Map([
  ["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", readFileSync(file, "utf8"))],
]);
const uplink = { network: "outside", routers: [{ address: "10.9.0.1", asn: 65_001 }] };
const body = smallBody({
  ...{ name: "my", k8s_ver: "1.37" },
  uplink: { ...uplink, floating_pool: "198.51.100.64/31" },
  nodes: [
    { name: "m", type: "master", node_ip: "10.0.0.1" },
    { name: "n", type: "node", node_ip: "10.0.0.2" },
    { name: "gw", type: "natgw", node_ip: "10.0.0.3", uplink_ip: "10.9.0.3" },
  ],
});
const web = { pod: { namespace: "shop", name: "web-0" } };

type Answer = (cluster: string) => unknown;

/** A scheduler with the cluster; `pods`: their addresses, or what their API server does. */
async function started(pods: Map<string, string | Answer>) {
  const client = {
    request: async (cluster: string, { path }: { readonly path: string }) => {
      const answer = pods.get(path.split("/").at(-1) ?? "");
      if (answer === undefined)
        throw new KubernetesApiError(cluster, { status: 404, reason: "NotFound", message: "none" });
      return typeof answer === "string" ? { metadata: {}, status: { podIP: answer } } : await answer(cluster);
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
    ...{ floating_ip: "198.51.100.64", pod: "shop/web-0", address: "10.244.0.9", problem: "" },
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
  expect(floating.list("my")[0]).toMatchObject({ address: "", problem: "there is no such pod" });
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

const withFloating = (cluster: ClusterRecord, given: readonly FloatingAddress[]): ClusterRecord => ({
  ...cluster,
  spec: { ...cluster.spec, floatingIps: [...given] },
});
const pod = (name: string) => ({ pod: { namespace: "shop", name } });
const status = (podIP: string, more: object = {}) => ({ metadata: {}, status: { phase: "Running", podIP }, ...more });

test("an address leads to no node and no gateway, whatever the status of its pod says", async () => {
  const host = status("10.0.0.1", { spec: { hostNetwork: true } });
  const s = await started(
    new Map<string, string | Answer>([
      ["host", () => host],
      ["up", "10.9.0.3"],
    ]),
  );
  const { floating } = s.scheduler;
  expect(await floating.add("my", pod("host"), "")).toMatchObject({
    address: "",
    problem: expect.stringContaining("hostNetwork"),
  });
  expect(await floating.add("my", pod("up"), "")).toMatchObject({
    address: "",
    problem: "its address 10.9.0.3 is not in 10.244.0.0/16, the range of the cluster's pods",
  });
  expect(logLines(s.clusters.log("my")).filter((line) => line.includes("leads to nothing"))).toHaveLength(2);
  await floating.stop();
});

test("a pod that cannot be read or asked for leaves the others alone, and what it has", async () => {
  const pods = new Map<string, string | Answer>([
    ["web-0", "10.244.0.9"],
    ["api-0", "10.244.0.8"],
  ]);
  const s = await started(pods);
  const { floating } = s.scheduler;
  await floating.add("my", web, "");
  await floating.add("my", pod("api-0"), "");
  pods.set("web-0", (cluster) => {
    throw new KubernetesApiError(cluster, { status: 403, reason: "Forbidden", message: "no" });
  });
  pods.set("api-0", "10.244.1.8");
  await s.seconds(3);
  expect(floating.list("my")).toMatchObject([
    { address: "10.244.0.9", problem: expect.stringContaining("403") },
    { address: "10.244.1.8", problem: "" },
  ]);
  pods.set("web-0", () => status("fd00::1"));
  pods.set("api-0", "10.244.2.8");
  await s.seconds(3);
  expect(floating.list("my")).toMatchObject([{ address: "" }, { address: "10.244.2.8", problem: "" }]);
  await floating.stop();
});

test("a cluster whose API server is silent delays no other one", async () => {
  const silent = Promise.withResolvers<object>();
  const pods = new Map<string, string | Answer>([
    ["web-0", "10.244.0.9"],
    ["late", "10.244.0.5"],
  ]);
  const s = await started(pods);
  const { floating } = s.scheduler;
  const node = (name: string, type: string, at: number) => ({ name, type, node_ip: `10.0.1.${at}` });
  await s.clusters.create(
    smallBody({
      ...{ name: "slow", k8s_ver: "1.37", pod_cidr: "10.40.0.0/16", service_cidr: "10.41.0.0/16" },
      uplink: { ...uplink, floating_pool: "198.51.100.72/31" },
      nodes: [node("m", "master", 1), { ...node("gw", "natgw", 3), uplink_ip: "10.9.0.4" }],
    }),
  );
  await floating.add("my", web, "");
  await floating.add("slow", pod("late"), "");
  pods.set("late", async () => await silent.promise);
  await s.seconds(3);
  for (const address of ["10.244.1.4", "10.244.2.4", "10.244.3.4"]) {
    pods.set("web-0", address);
    await s.seconds(2);
    expect(floating.list("my")[0]?.address).toBe(address);
  }
  silent.resolve(status("10.40.0.6"));
  await s.seconds(1);
  expect(floating.list("slow")[0]?.address).toBe("10.40.0.6");
  await floating.stop();
});

test("a cluster's record keeps room for plans, stops and more nodes", async () => {
  const s = await started(new Map());
  const { floating } = s.scheduler;
  const { ledger } = s.scheduler.framework.parts;
  const cluster = knownCluster(ledger, "my");
  const store = async (given: readonly FloatingAddress[]) =>
    await ledger.commit({ workload: withFloating(cluster, given) });
  const long = "n".repeat(250);
  const floatingIps = Array.from({ length: 2_300 }, (_, index) => ({
    ...{ address: `198.51.101.${index}`, pod: { namespace: long, name: `web-${index}` } },
  }));
  await store(floatingIps.slice(0, 1_000));
  expect(await floating.add("my", web, "")).toMatchObject({ floating_ip: "198.51.100.64" });
  await store(floatingIps);
  expect(await refusal(floating.add("my", web, ""))).toEqual([
    409,
    expect.stringMatching(/no room .* 2301: .* at most 700000 /),
  ]);
  await floating.stop();
});
