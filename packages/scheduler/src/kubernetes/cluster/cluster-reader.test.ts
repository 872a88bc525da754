import { expect, test } from "vitest";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { context, failure, node } from "../testing/read-bodies.ts";
import { exampleBody, smallBody } from "../testing/user-bodies.ts";
import { clusterJson } from "../views/cluster-json.ts";
import { readCluster } from "./cluster-reader.ts";

test("the user's example is accepted unmodified, with the newest version", () => {
  const { spec, ignored } = readCluster(exampleBody(), context());
  expect(ignored).toEqual([]);
  expect(spec).toMatchObject({ name: "my", version: "1.36", network: "spidernet-vpc56173cke", expect: "RUN" });
  expect(spec.units.map(({ name, host, podIndex }) => [name, host, podIndex])).toEqual([
    ["master", "10.124.142.224", undefined],
    ["node0", "10.124.142.224", 0],
    ["console", "*", undefined],
  ]);
  expect(spec.units[2]?.gottyPort).toBeUndefined();
  expect(spec.units[0]?.processes?.[1]).toMatchObject({ name: "apiserver", res: { cpu: 0.5, mem: 4086 } });
});

test("a version can be asked for in several spellings", () => {
  for (const [asked, version] of [
    ["1.15", "1.15"],
    ["v1.15", "1.15"],
    ["1.36.3", "1.36"],
    ["", "1.36"],
  ] as const) {
    expect(readCluster(exampleBody({ k8s_ver: asked }), context()).spec.version).toBe(version);
  }
});

test("the newer dialect means the same", () => {
  const body = {
    name: "my",
    network: "n",
    expect: "RUN",
    nodes: [
      node({ process: [{ name: "etcd", type: "etcd", res: { cpu: 0.2, mem: 300 } }] }),
      node({ name: "w", type: "node", node_ip: "10.0.0.2", ingress: { type: "bridge", bridges: ["34571/tcp"] } }),
    ],
  };
  const { spec } = readCluster(body, context());
  expect(spec.units[0]?.processes?.[0]?.res).toEqual({ cpu: 0.2, mem: 300 });
  expect(spec.units[1]?.ingresses).toEqual(["34571/tcp"]);
  expect(spec.ingresses).toEqual([{ name: "34571/tcp", port: { number: 34571, protocol: "tcp" } }]);
});

test("what GET json answers can be posted again", () => {
  for (const body of [exampleBody(), smallBody()]) {
    const { spec } = readCluster(body, context());
    expect(readCluster(clusterJson(spec), context()).spec).toEqual(spec);
  }
});

test("unknown fields of every object are ignored and told, without their values", () => {
  const body = smallBody({
    k8s_version: "hunter2",
    colour: "hunter2",
    ingress: { type: "bridge", bridge: ["hunter2"] },
    attributes: [{ key: "rack", value: "a", operator: "hunter2" }],
    nodes: [
      node({
        reservaton: true,
        hosts: "hunter2",
        attributes: { anything: "hunter2" },
        processes: [
          {
            name: "etcd",
            type: "etcd",
            res: { cpus: 1, memory: 512, mem: 256 },
            envs: [{ name: "A", value: "b", secret: "hunter2" }],
            options: [{ key: "--quota-backend-bytes", val: "hunter2" }],
          },
        ],
      }),
    ],
    ingresses: [{ name: "a", port: 7000, protocol: "hunter2" }],
  });
  const words = ignoredFieldsMessage(readCluster(body, context()).ignored);
  expect(words.map((text) => text.replace(/(\?|ignored)[;?]? [Kk]nown are .*$/, "$1"))).toEqual([
    'nodes[0].reservaton is not a known field and was ignored: did you mean "reservation"?',
    "nodes[0].hosts is not a known field and was ignored",
    'nodes[0].processes[0].res.cpus is not a known field and was ignored: did you mean "cpu"?',
    "nodes[0].processes[0].res.mem is another name of memory, which is given too, and was ignored",
    "nodes[0].processes[0].envs[0].secret is not a known field and was ignored",
    "nodes[0].processes[0].options[0].val is not a known field and was ignored",
    'k8s_version is not a known field and was ignored: did you mean "k8s_ver"?',
    "colour is not a known field and was ignored",
    'ingress.bridge is not a known field and was ignored: did you mean "bridges"?',
    "attributes[0].operator is not a known field and was ignored",
    "ingresses[0].protocol is not a known field and was ignored",
  ]);
  expect(words.join()).not.toContain("hunter2");
  expect(words.at(-1)).toBe("ingresses[0].protocol is not a known field and was ignored; known are name, port");
});

test("a refusal tells of unknown fields too: what is missing may be there, misspelt", () => {
  const { problems, warnings } = failure({
    name: "small",
    netwrok: "hunter2",
    nodes: [{ name: "m", type: "master", ip: "10.0.0.1" }, 7],
  });
  expect(problems.map(({ path }) => path)).toEqual(["network", "nodes[0].node_ip", "nodes[1]"]);
  expect(warnings).toEqual([
    expect.stringMatching(/^netwrok is not a known field and was ignored: did you mean "network"\? Known are /),
    expect.stringMatching(/^nodes\[0\]\.ip is not a known field and was ignored: did you mean "node_ip"\? Known are /),
  ]);
});

test("what is said of unknown fields is bounded, and a name that is no plain one is quoted", () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f${index}${"x".repeat(5000)}\n`, 1]));
  const words = ignoredFieldsMessage(readCluster(smallBody(many), context()).ignored);
  expect([words.length, words.at(-1)]).toEqual([21, "980 more unknown fields were ignored"]);
  expect(words[0]).toMatch(/^\["f0x{58}…"\] is not a known field/);
  expect(Math.max(...words.map((text) => text.length))).toBeLessThan(320);
  const own: unknown = JSON.parse(
    JSON.stringify(smallBody()).replace("{", '{"__proto__": {"role": "x"}, "constructor": 1,'),
  );
  const { ignored, spec } = readCluster(own, context());
  expect([ignored.map(({ path }) => path), spec.role]).toEqual([[["__proto__"], ["constructor"]], ""]);
});

test.each<readonly [string, Readonly<Record<string, unknown>>, readonly string[]]>([
  ["the same twice", { cluster_name: "small" }, []],
  ["null is not given", { kubenodes: null }, []],
  ["other nodes", { kubenodes: [node({ name: "o" })] }, ["nodes"]],
  ["another name", { cluster_name: "other" }, ["name"]],
])("two names of one field: %s", (_title, overrides, ignored) => {
  expect(readCluster(smallBody(overrides), context()).ignored.map(({ path }) => path.join("."))).toEqual(ignored);
});

test("the versions in a refusal are in the order of supported_ver, newest first", () => {
  expect(failure(smallBody({ k8s_ver: "0.1" })).problems).toEqual([
    { path: "k8s_ver", message: 'is not a supported version: supported are 1.36, 1.15, 1.9; given is "0.1"' },
  ]);
});
