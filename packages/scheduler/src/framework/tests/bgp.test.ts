// A cluster whose pods are routed over BGP: what is stored of its secrets, what its executors are told, and what they tell.
import { ClusterPeers, NodeReport, SchedulerMessage, TaskData, TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { parseConfiguration } from "../../kubernetes/configuration/configuration-parser.ts";
import { parsePool } from "../../kubernetes/ranges/range-texts.ts";
import { sampleConfigurationText } from "../../kubernetes/testing/sample-configuration.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const secret = "      - {name: bgp-secrets.conf, path: /etc/cke/bird/secrets.conf}\n";
const bird =
  "    ProcessConfs:\n      bird: {required: true, res: {cpu: 0.1, mem: 32}, cmd: /usr/local/bin/cke-bird}\n";
const processes = /^ {4}ProcessConfs:\n/m;
const [master = "", node = ""] = sampleConfigurationText.split(/^ {2}node:\n/m);
const text = `${master.replace(/^ {4}Secrets:\n/m, `$&${secret}`).replace(processes, bird)}  node:
${node.replace(processes, `    Secrets:\n${secret}${bird}`)}`;
const configurations = new Map([["1.36", parseConfiguration("cke.conf-1.36.yaml", "1.36", text)]]);
const body = smallBody({
  name: "routed",
  nodes: [
    { name: "m", type: "master", node_ip: "10.0.0.1" },
    { name: "n", type: "node", node_ip: "10.0.0.2" },
  ],
  routers: [{ address: "10.0.0.9", asn: 65_001, password: "r0uter.pass" }],
});

test("its secrets are stored with it, go with it, and are in nothing that Mesos carries or an answer tells", async () => {
  const s = await new Scenario({ options: { configurations } }).start();
  s.mesos.addAgent("a", { cpus: 16, mem: 32_000 });
  await s.clusters.create(body);
  const stored = await s.store.get("pki/routed/bgp");
  expect(stored?.value).toMatchObject({ routers: { "10.0.0.9": "r0uter.pass" } });
  const secret = /"cluster":"([\w-]{32})"/.exec(JSON.stringify(stored?.value))?.[1] ?? "";
  expect(secret).toHaveLength(32);
  await s.offer("a");
  for (const name of ["m", "n"]) await s.running("routed", name);
  const data = new Uint8Array(Buffer.from(s.task("routed", "n").info.data ?? "", "base64"));
  const { task } = TaskData.decode(data);
  if (task?.kind !== "kubeNode") throw new Error("no node");
  expect(task.value.peers?.bgp).toEqual({
    ...{ asn: 64_512, podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/16" },
    routers: [{ address: "10.0.0.9", asn: 65_001, password: true }],
    ...{ announcements: [], pools: [], apiAddress: "" },
  });
  expect(task.value.secrets.map(({ name }) => name)).toContain("bgp-secrets.conf");
  const told = JSON.stringify([
    ...s.mesos.calls,
    ...[Buffer.from(data).toString("latin1"), s.clusters.json("routed"), s.clusters.state("routed")],
    ...[s.clusters.network("routed"), (await s.store.list("workloads/")).map(({ value }) => value)],
  ]);
  for (const one of [secret, "r0uter.pass"]) expect(told).not.toContain(one);
  await s.clusters.remove("routed");
  for (const { info } of s.mesos.live()) s.mesos.update(info.task_id.value, "TASK_KILLED");
  const left = async () => {
    await s.seconds(1);
    return await s.store.get("pki/routed/bgp");
  };
  await expect.poll(left).toBeUndefined();
});

test("what a node says of its sessions is in state, in the network's answer and in the counts", async () => {
  const s = await new Scenario({ options: { configurations } }).start();
  s.mesos.addAgent("a", { cpus: 16, mem: 32_000 });
  await s.clusters.create(body);
  await s.offer("a");
  for (const name of ["m", "n"]) await s.running("routed", name);
  expect(s.clusters.state("routed").nodes[1]).toMatchObject({ name: "n", bgp: null });
  const kindReport = NodeReport.encode({ bgp: { sessions: 2, established: 1, imported: 5, flaps: 3 } });
  const data = TaskReport.encode({ report: { kind: "unit", value: { launchStep: "ready", kindReport } } });
  s.mesos.update(s.id("routed", "n"), "TASK_RUNNING", { healthy: true, data: Buffer.from(data).toString("base64") });
  await settle();
  const bgp = { problem: "", sessions: 2, established: 1, routes: 5, flaps: 3, shown: [] };
  expect(s.clusters.state("routed").nodes[1]).toMatchObject({ bgp });
  expect(s.clusters.network("routed").nodes[1]).toMatchObject({ announced: ["10.244.0.0/24"], bgp });
  expect(s.clusters.statusCounts().bgp).toEqual({ established: 1, down: 1, routes: 5, flaps: 3 });
});

test("a cluster that runs gets other routers: its nodes are sent them, and a router that stays keeps its password", async () => {
  const s = await new Scenario({ options: { configurations } }).start();
  s.mesos.addAgent("a", { cpus: 16, mem: 32_000 });
  await s.clusters.create(body);
  await s.offer("a");
  for (const name of ["m", "n"]) await s.running("routed", name);
  const report = TaskReport.encode({
    report: { kind: "unit", value: { launchStep: "ready", peersVersion: "0a" } },
  });
  s.mesos.update(s.id("routed", "n"), "TASK_RUNNING", { healthy: true, data: Buffer.from(report).toString("base64") });
  await settle();
  const routers = [
    { address: "10.0.0.9", asn: 65_002 },
    { address: "10.0.0.8", asn: 65_001 },
  ];
  expect(await s.clusters.changeRouters("routed", routers, "Ann")).toMatch(/are 10\.0\.0\.9, 10\.0\.0\.8 now/);
  expect(s.clusters.json("routed")).toMatchObject({ routers });
  await s.seconds(3);
  const sent = s.mesos.calls.flatMap((call) => {
    const text = "message" in call && call.type === "MESSAGE" ? call.message.data : "";
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(text, "base64")));
    return message?.kind === "workloadState" ? [ClusterPeers.decode(message.value.state).bgp?.routers] : [];
  });
  expect(sent.at(-1)).toEqual([
    { address: "10.0.0.9", asn: 65_002, password: true },
    { address: "10.0.0.8", asn: 65_001, password: false },
  ]);
  expect(await s.clusters.changeRouters("routed", routers, "Ann")).toMatch(/has these routers already/);
  const refused = async (given: unknown) =>
    await s.clusters.changeRouters("routed", given, "Ann").then(
      () => "accepted",
      (error: unknown) => String(error),
    );
  expect(await refused([{ address: "10.0.0.2", asn: 1 }])).toContain("10.0.0.2 of node");
  expect(await refused([{ address: "10.0.0.7", asn: 1, password: "secret" }])).toMatch(
    /routers\[0\]\.password: cannot be set while the cluster runs/,
  );
  expect(await refused([{ address: "10.0.0.7" }])).toMatch(/routers\[0\]\.asn/);
  expect(await refused([{ address: "10.244.0.7", asn: 1 }])).toMatch(/range of the cluster's pods/);
  expect(s.clusters.json("routed")).toMatchObject({ routers });
});

test("a cluster with static routes gets no routers", async () => {
  const s = await new Scenario({ options: { configurations } }).start();
  await s.clusters.create(smallBody({ name: "plain" }));
  await expect(s.clusters.changeRouters("plain", [], "Ann")).rejects.toThrow(/routed by static routes/);
});

test("other routers are checked against the ranges that a cluster has, also where a pool gives none any more", async () => {
  const pools = { pods: parsePool("pods", "10.128.0.0/16") };
  const s = await new Scenario({ options: { configurations, pools } }).start();
  await s.clusters.create({ ...body, name: "first" });
  expect(s.clusters.get("first").pod_cidr).toBe("10.128.0.0/16");
  const change = async (address: string) =>
    await s.clusters.changeRouters("first", [{ address, asn: 65_001 }], "Ann").then(
      () => "changed",
      (error: unknown) => String(error),
    );
  expect(await change("10.128.3.1")).toContain("10.128.3.1 is in 10.128.0.0/16, the range of the cluster's pods");
  expect(await change("10.0.0.7")).toBe("changed");
});
