import { expect, test } from "vitest";
import { context, failure } from "../testing/read-bodies.ts";
import { smallBody } from "../testing/user-bodies.ts";
import { clusterJson } from "../views/cluster-json.ts";
import { readCluster } from "./cluster-reader.ts";
import { publishedPorts } from "./cluster-spec.ts";

const masters = (...hosts: readonly string[]) =>
  hosts.map((host, index) => ({ name: `m${index}`, type: "master", host, node_ip: `10.0.0.${index + 1}` }));

test.each([
  ["nothing is said", undefined, undefined, []],
  ["the scheduler alone", { expose: ["scheduler"] }, { expose: ["scheduler"] }, []],
  ["nowhere", { expose: [] }, { expose: [] }, []],
  ["a port says that it is published", { port: 16443 }, { expose: ["scheduler", "port"], port: "16443/tcp" }, [16443]],
  [
    "the port first, and once",
    { expose: ["port", "scheduler", "port"], port: "16443/tcp" },
    { expose: ["port", "scheduler"], port: "16443/tcp" },
    [16443],
  ],
])("how the API server is reached: %s", (_title, apiserver, shown, ports) => {
  const { spec } = readCluster(smallBody({ apiserver, nodes: masters("a", "b", "c") }), context());
  expect(clusterJson(spec).apiserver).toEqual(shown);
  expect(readCluster(clusterJson(spec), context()).spec).toEqual(spec);
  const [master] = spec.units;
  const published = master === undefined ? [] : publishedPorts(spec, master);
  expect(published.map(({ port, containerPort }) => [port, containerPort])).toEqual(ports.map((port) => [port, 6443]));
});

test.each([
  ["no port", { expose: ["port"] }, 400, "apiserver.port", /is missing: .*16443/],
  ["a port for nothing", { expose: ["scheduler"], port: 1 }, 400, "apiserver.port", /does not have "port"/],
  ["UDP", { port: "1/udp" }, 400, "apiserver.port", /speaks TCP/],
  ["an unknown way", { expose: ["x"] }, 400, "apiserver.expose[0]", /"scheduler", "port", "spider-lb", "bgp"/],
  ["no balancer", { expose: ["port", "spider-lb"], port: 1 }, 422, "apiserver.expose[1]", /-k8s_spider_lb_endpoint/],
])("%s is refused", (_title, apiserver, status, path, words) => {
  const refusal = failure(smallBody({ apiserver }));
  expect([refusal.status, refusal.problems.map((problem) => problem.path)]).toEqual([status, [path]]);
  expect(refusal.problems[0]?.message).toMatch(words);
});

test("two masters cannot publish it on one host", () => {
  const { status, problems } = failure(smallBody({ apiserver: { port: 16443 }, nodes: masters("a", "*", "a") }));
  expect([status, problems]).toEqual([
    422,
    [{ path: "nodes[2]", message: "port 16443/tcp of host a is used by the API server of nodes[0] already" }],
  ]);
});
