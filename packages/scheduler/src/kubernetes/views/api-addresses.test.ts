import { expect, test } from "vitest";
import { z } from "zod";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { newTaskRecord, newUnitRecord, type RecordedState, type UnitRecord } from "../../workload/records/records.ts";
import { readCluster } from "../cluster/cluster-reader.ts";
import { leaveStages } from "../masters/master-plans.ts";
import { context } from "../testing/read-bodies.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { smallBody } from "../testing/user-bodies.ts";
import { apiAddress, apiAddressVia } from "./api-addresses.ts";

const url = "http://sched:8512";
const path = "/k8s/v1/clusters/small/apiserver";
const unit = (name: string, hostname: string, state: RecordedState, healthy = true): UnitRecord => {
  const task = { ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 1), state, healthy };
  return { ...newUnitRecord("small", name, ""), launch: sampleLaunch({ hostname, tasks: [task] }) };
};
const masters = [1, 2, 3].map((n) => ({ name: `m${n}`, type: "master", node_ip: `10.0.0.${n}` }));
/** BGP needs a configuration with a BIRD, which the one of this test has not: it says here what a body would. */
const specOf = (apiserver: unknown) => {
  const read = (one: unknown) =>
    readCluster(smallBody({ apiserver: one, nodes: masters }), context({ loadBalancer: true })).spec;
  const announced = z.object({ expose: z.tuple([z.literal("bgp")]), address: z.string() }).safeParse(apiserver).data;
  return announced === undefined ? read(apiserver) : { ...read(undefined), apiserver: announced };
};
const input = (apiserver: unknown, ...nodes: readonly UnitRecord[]) => ({
  cluster: { spec: specOf(apiserver) },
  nodes,
  loadBalancer: null,
});
const balanced = { expose: ["spider-lb", "scheduler"] };
const balancer = (vip: readonly string[], ...hosts: readonly string[]) => ({ vip, hosts });
const runs = [
  unit("m1", "host1", "TASK_FAILED"),
  unit("m2", "fd00::2", "TASK_RUNNING"),
  unit("m3", "h3", "TASK_RUNNING"),
];
const frozen = [unit("m1", "host1", "TASK_RUNNING", false), unit("m2", "host2", "TASK_STAGING")];
const port = { port: 16443 };
const first = { expose: ["port", "scheduler"], port: 16443 };

test.each([
  ["nothing is said", undefined, runs, "scheduler", url + path],
  ["the scheduler is preferred", port, runs, "scheduler", url + path],
  ["the port is preferred: of a master that runs", first, runs, "port", "https://[fd00::2]:16443"],
  ["none runs well: of one that was launched", first, frozen, "port", "https://host1:16443"],
  ["nothing is launched yet: the next way", first, [], "scheduler", url + path],
  ["the load balancer is no address of ours", { expose: [] }, runs, "direct", "https://10.0.0.2:6443"],
  ["an address of its own", { expose: ["bgp"], address: "10.99.3.1" }, [], "bgp", "https://10.99.3.1:6443"],
  ["nothing runs: the first master's", { expose: [] }, [], "direct", "https://10.0.0.1:6443"],
])("the first address that can be used: %s", (_title, apiserver, nodes, via, server) => {
  expect(apiAddress(input(apiserver, ...nodes), url)).toEqual({ via, server });
});

test.each([
  [
    "it has an address and a master",
    balanced,
    balancer(["10.9.9.9"], "10.0.0.2"),
    "spider-lb",
    "https://10.9.9.9:6443",
  ],
  ["its address is of IPv6", balanced, balancer(["fd00::9"], "10.0.0.2"), "spider-lb", "https://[fd00::9]:6443"],
  [
    "what is no address is passed over",
    balanced,
    balancer(["x/y", "lb.example"], "10.0.0.1"),
    "spider-lb",
    "https://lb.example:6443",
  ],
  ["it has told no address", balanced, balancer([], "10.0.0.2"), "scheduler", url + path],
  ["it has no master yet", balanced, balancer(["10.9.9.9"], "10.0.0.9"), "scheduler", url + path],
  ["there is none any more", balanced, null, "scheduler", url + path],
  ["the cluster does not expose its API by it", undefined, balancer(["10.9.9.9"], "10.0.0.2"), "scheduler", url + path],
])("by the load balancer: %s", (_title, apiserver, loadBalancer, via, server) => {
  expect(apiAddress({ ...input(apiserver, ...runs), loadBalancer }, url)).toEqual({ via, server });
});

test("each way can be asked for, and what is not there is 409 with the reason", () => {
  expect(apiAddressVia(input(undefined, ...runs), "direct", url).server).toBe("https://10.0.0.2:6443");
  const plans = [newWorkloadPlan("remove", leaveStages(["m2"]), { sinceMs: 1, by: "" })];
  const leaving = input(undefined, ...runs);
  expect(apiAddressVia({ ...leaving, cluster: { ...leaving.cluster, plans } }, "direct", url).server).toBe(
    "https://10.0.0.3:6443",
  );
  expect(apiAddressVia(input(first), "scheduler", "https://cke.example").server).toBe(`https://cke.example${path}`);
  expect(() => apiAddressVia(input(undefined, ...runs), "port", url)).toThrow(/is not published .*16443/);
  expect(() => apiAddressVia(input(first), "port", url)).toThrow(/no master .* has been launched/);
  const ask = (apiserver: unknown, loadBalancer: ReturnType<typeof balancer> | null) => () =>
    apiAddressVia({ ...input(apiserver, ...runs), loadBalancer }, "spider-lb", url);
  expect(ask(undefined, balancer(["10.9.9.9"], "10.0.0.1"))).toThrow(/is not registered .*spider-lb/);
  expect(ask(balanced, null)).toThrow(/has not told an address/);
  expect(ask(balanced, balancer(["10.9.9.9"]))).toThrow(/no master .* is registered/);
});
