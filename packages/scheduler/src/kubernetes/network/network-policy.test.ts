// What a cluster whose network policies are enforced has more, what a cke.conf may lack for it, and what nodes tell of it.
import { readFileSync } from "node:fs";
import { type ProcessState, TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { newTaskRecord, newUnitRecord, type RecordedState, type UnitRecord } from "../../workload/records/records.ts";
import { readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { PresentRenderer } from "../rendering/current-renderer.ts";
import { context, failure, node } from "../testing/read-bodies.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { clusterJson } from "../views/cluster-json.ts";
import { lackingForPolicies, policyStatus, policyView, withoutFelix } from "./network-policy.ts";

const text = readFileSync(new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url), "utf8");
const configuration = parseConfiguration("cke.conf-1.37.yaml", "1.37", text);
const contextOf = (one: ClusterConfiguration) => context({ configurations: new Map([["1.37", one]]) });
const nodes = [
  node({}),
  node({ name: "w", type: "node", node_ip: "10.0.0.2" }),
  node({ name: "c", type: "console", node_ip: "10.0.0.3" }),
];
const body = (network: unknown) => ({ name: "my", network, nodes });
const specOf = (network: unknown, one = configuration) => readCluster(body(network), contextOf(one)).spec;
const rendered = (network: unknown) =>
  new PresentRenderer({
    ...{ configurations: new Map([["1.37", configuration]]), imagePath: "reg", cfsQuota: true },
  }).render(specOf(network));
const felixOf = (network: unknown) =>
  [...rendered(network)].map(([name, { kubeNode, processes }]) => [
    name,
    processes.some(({ type }) => type === "felix"),
    kubeNode.secrets.some((secret) => secret.name === "felix.kubeconfig"),
  ]);

test.each<[string, unknown, string | undefined]>([
  ["a name", "net", undefined],
  ["a provider", { name: "net", provider: "static" }, undefined],
  ["none", { name: "net", policy: "none" }, undefined],
  ["calico", { name: "net", policy: "calico" }, "calico"],
  ["calico over BGP", { name: "net", policy: "calico", provider: "bgp" }, "calico"],
])("a body whose network is %s", (_what, network, policy) => {
  const spec = specOf(network);
  expect(spec.policy).toBe(policy);
  expect("policy" in spec).toBe(policy !== undefined);
  expect(specOf(clusterJson(spec).network)).toEqual(spec);
  expect(felixOf(network)).toEqual([
    ["m", false, false],
    ["w", policy !== undefined, policy !== undefined],
    ["c", false, false],
  ]);
  const addons = rendered(network)
    .get("m")
    ?.processes.find(({ type }) => type === "addons");
  expect(addons?.spec.environment).toContainEqual({ name: "NETWORK_POLICY", value: policy ?? "none" });
});

test("an unknown agent is refused", () => {
  const { problems, status } = failure(body({ name: "net", policy: "cilium" }), contextOf(configuration));
  expect([status, ...problems.map(({ path, message }) => `${path}: ${message}`)]).toEqual([
    400,
    'network.policy: must be "none" or "calico"; given is "cilium"',
  ]);
});

const changed = (of: Partial<ClusterConfiguration["nodes"]["node"]>): ClusterConfiguration => ({
  ...configuration,
  nodes: { ...configuration.nodes, node: { ...configuration.nodes.node, ...of } },
});
const { processes, secrets } = withoutFelix(configuration.nodes.node);
const unchecked = configuration.nodes.node.processes.map((one) =>
  one.type === "felix" ? { ...one, health: [] } : one,
);
test.each<[string, ClusterConfiguration, string]>([
  ["its process", changed({ processes }), 'no process of type "felix" for nodes of type node'],
  [
    "its check",
    changed({ processes: unchecked }),
    "no health probe of it with the command /usr/local/bin/cke-policies for nodes of type node",
  ],
  ["its credentials", changed({ secrets }), 'no secret "felix.kubeconfig" for nodes of type node'],
  [
    "both",
    changed({ processes, secrets }),
    'no process of type "felix" for nodes of type node, and no secret "felix.kubeconfig" for nodes of type node',
  ],
])("a cke.conf without %s enforces nothing", (_what, one, lacking) => {
  const asked = body({ name: "net", policy: "calico" });
  const { problems, status } = failure(asked, contextOf(one));
  const remedy = 'add what default_cfg has, or let network.policy be "none"';
  expect([status, problems]).toEqual([
    422,
    [{ path: "network.policy", message: `cke.conf-1.37.yaml has ${lacking}: ${remedy}` }],
  ]);
  expect(lackingForPolicies(one, new Set(["master", "console", "natgw"]))).toBe("");
  const masters = readCluster({ ...asked, nodes: [node({})] }, contextOf(one)).spec;
  expect(() => readAddedNodes(node({ name: "w", type: "node", node_ip: "10.0.0.2" }), masters, contextOf(one))).toThrow(
    `network policies of the cluster are enforced, and cke.conf-1.37.yaml has ${lacking}: add what default_cfg has`,
  );
  expect(specOf("net", one).policy).toBeUndefined();
});

test("a cke.conf whose masters are not told of policies enforces none", () => {
  const { master } = configuration.nodes;
  const untold = { ...master, processes: master.processes.map((one) => ({ ...one, envs: [] })) };
  const { problems } = failure(
    body({ name: "net", policy: "calico" }),
    contextOf({ ...configuration, nodes: { ...configuration.nodes, master: untold } }),
  );
  expect(problems.map(({ message }) => message).join()).toContain(
    "has no environment variable NETWORK_POLICY of addons for nodes of type master: add what default_cfg has",
  );
});

test("only nodes that are to run are counted", () => {
  const well = unit({ healthy: true });
  expect([policyStatus(well, "run"), policyStatus(undefined, "run")]).toEqual(["enforced", "unenforced"]);
  for (const wish of ["stop", "delete"] as const)
    expect([policyStatus(well, wish), policyStatus(undefined, wish)]).toEqual([undefined, undefined]);
});

function unit(value: Partial<ProcessState>, state: RecordedState = "TASK_RUNNING") {
  const data = TaskReport.encode({ report: { kind: "process", value: { type: "felix", name: "felix", ...value } } });
  const task = newTaskRecord({ taskId: "t", process: "felix", configHash: "", failures: 0 }, 1);
  const tasks = [{ ...task, state, report: Buffer.from(data).toString("base64") }];
  return { ...newUnitRecord("c", "w", ""), launch: sampleLaunch({ tasks }) };
}
const probe = (name: string, passing: boolean, message: string) => ({
  ...{ name, phase: "", passing, everPassed: true, message, changedAtMs: 0 },
});
const silent = "its Felix does not run, or has told nothing yet";
const lets = "policies are not enforced: packets of a pod that nothing allows have passed the node's rules";

test.each<[string, UnitRecord | undefined, string]>([
  ["no record", undefined, silent],
  ["no launch", newUnitRecord("c", "w", ""), silent],
  ["another process", unit({ type: "kubeproxy", healthy: true }), silent],
  ["an ended task", unit({ healthy: true }, "TASK_FAILED"), silent],
  ["a Felix that works", unit({ healthy: true, health: [probe("felix", true, ""), probe("enforced", true, "")] }), ""],
  ["one whose last look failed", unit({ healthy: true, health: [probe("enforced", true, lets)] }), lets],
  ["one that enforces nothing", unit({ health: [probe("felix", true, ""), probe("enforced", false, lets)] }), lets],
  ["one that waits", unit({ reason: "waits for known" }), "waits for known"],
  ["one that says nothing", unit({}), "its Felix does not work"],
])("what a node tells: %s", (_what, record, problem) => {
  expect(policyView(record)).toEqual({ enforced: problem === "", problem });
});
