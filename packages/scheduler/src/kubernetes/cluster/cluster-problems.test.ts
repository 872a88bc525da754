// Bodies that are refused, or taken only under conditions: each problem with its path.
import { expect, test } from "vitest";
import { context, failure, node } from "../testing/read-bodies.ts";
import { exampleBody, smallBody } from "../testing/user-bodies.ts";
import { clusterJson } from "../views/cluster-json.ts";
import { readCluster } from "./cluster-reader.ts";

test("every problem is reported at once, with its path", () => {
  const body = {
    cluster_name: "my cluster",
    k8s_ver: "0.1",
    kubenodes: [
      node({ process: [{ name: "etcd", type: "nope", res: { cpu: "1" } }] }),
      node({ name: "M", type: "boss", node_ip: "10.0.0.300" }),
      "text",
    ],
    ingresses: [{ name: "a", port: "99999/tcp" }],
  };
  const { problems, status } = failure(body);
  expect(status).toBe(400);
  expect(problems.map(({ path }) => path)).toEqual([
    "cluster_name",
    "network",
    "k8s_ver",
    "ingresses[0].port",
    "kubenodes[0].process[0].res.cpu",
    "kubenodes[1].name",
    "kubenodes[1].type",
    "kubenodes[1].node_ip",
    "kubenodes[2]",
  ]);
});

const kubenodesWithProcesses = () => {
  const process = Array.from({ length: 5_000 }, () => ({}));
  return Array.from({ length: 60 }, () => ({ process }));
};
const misspelt = () =>
  Array.from({ length: 300 }, (_, index) => ({
    name: `n${index}`,
    type: "nod",
    node_ip: `10.0.${index >> 8}.${index & 255}`,
  }));

test.each([
  ["processes", kubenodesWithProcesses, "kubenodes[0].name"],
  ["nodes", misspelt, "kubenodes[0].type"],
])(
  "of problems in each of many %s the first hundred are told, and that there are others, which nobody has counted",
  (_title, make, first) => {
    const { problems, message } = failure({ cluster_name: "my", k8s_ver: "1.36", network: "n", kubenodes: make() });
    expect(problems).toHaveLength(101);
    expect(problems[0]).toMatchObject({ path: first });
    expect(problems[100]).toEqual({ path: "", message: "further problems are not shown" });
    expect(message.length).toBeLessThan(20_000);
  },
);

test("a value of a process that cannot be read hides no other one", () => {
  const res = { cpu: "much", memory: -5 };
  const etcd = { name: "etcd", type: "etcd", res, options: ["--data-dir=/x"] };
  const { problems, status } = failure(smallBody({ nodes: [node({ process: [etcd] })] }));
  expect([status, problems.map(({ path }) => path)]).toEqual([
    400,
    ["res.cpu", "options[0]", "res.memory"].map((field) => `nodes[0].process[0].${field}`),
  ]);
});

const onHost = { host: "h", ingresses: ["web"] };
const web = [{ name: "web", port: "31001/tcp" }];

test("a port of a named host that a node of another cluster publishes is taken, unless that is not to run", () => {
  const other = (more: object) => {
    const { spec } = readCluster(
      smallBody({ ingresses: web, nodes: [node({ ...onHost, name: "theirs" })], ...more }),
      context(),
    );
    return { ...spec, name: "other", network: "elsewhere" };
  };
  const body = smallBody({ ingresses: web, nodes: [node(onHost)] });
  const refusal = failure(body, { existing: [other({})] });
  expect([refusal.status, refusal.problems]).toEqual([
    422,
    [
      {
        path: "nodes[0].ingresses[0]",
        message: 'port 31001/tcp of host h is used by node "theirs" of cluster "other"',
      },
    ],
  ]);
  expect(readCluster(body, context({ existing: [other({ expect: "STOP" })] })).spec.name).toBe("small");
  const elsewhere = smallBody({ ingresses: web, nodes: [node({ ...onHost, host: "*" })] });
  expect(readCluster(elsewhere, context({ existing: [other({})] })).spec.name).toBe("small");
});

test.each<readonly [string, Readonly<Record<string, unknown>>, number, string, RegExp]>([
  [
    "two masters",
    { nodes: [node({}), node({ name: "n", node_ip: "10.0.0.2" })] },
    422,
    "nodes",
    /1, 3 or 5 masters, not 2/,
  ],
  ["same name", { nodes: [node({}), node({ type: "node", node_ip: "10.0.0.2" })] }, 400, "nodes[1].name", /nodes\[0\]/],
  ["same address", { nodes: [node({}), node({ name: "n", type: "node" })] }, 400, "nodes[1].node_ip", /10\.0\.0\.1/],
  ["no such ingress", { nodes: [node({ ingresses: ["x"] })] }, 400, "nodes[0].ingresses[0]", /no ingress "x"/],
  ["ingress without a port", { ingresses: [{ name: "a" }] }, 400, "ingresses[0].port", /needs a port/],
  [
    "same port",
    {
      ingresses: [
        { name: "a", port: 1 },
        { name: "b", port: "1/tcp" },
      ],
    },
    400,
    "ingresses[1].port",
    /used by/,
  ],
  [
    "same port on one host",
    {
      nodes: [node({ ingresses: ["a"] }), node({ name: "n", type: "node", node_ip: "10.0.0.2", ingresses: ["a"] })],
      ingresses: [{ name: "a", port: 7000 }],
    },
    422,
    "nodes[1].ingresses[0]",
    /port 7000\/tcp of host a is used/,
  ],
  [
    "web terminal on an ingress's port",
    {
      nodes: [node({ ingresses: ["a"] }), node({ name: "c", type: "console", node_ip: "10.0.0.2", gottyport: "7000" })],
      ingresses: [{ name: "a", port: 7000 }],
    },
    422,
    "nodes[1].gottyport",
    /port 7000/,
  ],
  [
    "unknown type of process",
    { nodes: [node({ process: [{ name: "k", type: "kubelet" }] })] },
    400,
    "nodes[0].process[0].type",
    /not a type of process for a master; known are: etcd, apiserver/,
  ],
  [
    "same process name",
    {
      nodes: [
        node({
          process: [
            { name: "e", type: "etcd" },
            { name: "e", type: "apiserver" },
          ],
        }),
      ],
    },
    400,
    "nodes[0].process[1].name",
    /"e" is used by nodes\[0\]\.process\[0\]/,
  ],
  [
    "no memory",
    { nodes: [node({ process: [{ name: "e", type: "etcd", res: { cpu: 1, memory: -1 } }] })] },
    422,
    "nodes[0].process[0].res.memory",
    /-1 MiB/,
  ],
  [
    "protected flag in another spelling",
    { nodes: [node({ process: [{ name: "e", type: "etcd", options: ["-data-dir /x"] }] })] },
    400,
    "nodes[0].process[0].options[0]",
    /-data-dir is set by the configuration/,
  ],
  [
    "protected variable",
    { nodes: [node({ process: [{ name: "e", type: "etcd", envs: ["DOCKER_REGISTRY=x"] }] })] },
    400,
    "nodes[0].process[0].envs[0]",
    /DOCKER_REGISTRY is set by the configuration/,
  ],
  ...["0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "fd00::1"].map(
    (node_ip) =>
      [
        `node_ip ${node_ip}`,
        { nodes: [node({ node_ip })] },
        400,
        "nodes[0].node_ip",
        /^must be an IPv4 address like 192\.168\.0\.80(, and of none of 0\.0\.0\.0\/8, .*|: IPv6 is not supported;)/,
      ] as const,
  ),
  [
    "other cluster type",
    { cluster_type: "swarm" },
    400,
    "cluster_type",
    /^must be "k8s", no other type is known; given is "swarm"$/,
  ],
])("%s is refused", (_title, overrides, status, path, message) => {
  const error = failure(smallBody(overrides));
  expect(error.problems).toEqual([{ path, message: expect.stringMatching(message) }]);
  expect(error.status).toBe(status);
});

test("addresses and container names of other clusters are taken", () => {
  const { spec } = readCluster(smallBody({ name: "a", nodes: [node({ name: "b-m" })] }), context());
  const { problems, status } = failure(smallBody({ name: "a-b" }), { existing: [spec] });
  expect(status).toBe(422);
  expect(problems.map(({ path }) => path)).toEqual(["nodes[0].name", "nodes[0].node_ip"]);
});

test("with a load balancer ingresses need no port", () => {
  const { spec } = readCluster(exampleBody({ ingresses: [{ name: "igr1" }] }), context({ loadBalancer: true }));
  expect(spec.ingresses).toEqual([{ name: "igr1" }]);
});

test.each([
  [null, "null"],
  ["text", '"text"'],
  [[], "an empty list"],
  [7, "7"],
  [undefined, "undefined"],
])("a body that is %j is refused", (body, given) => {
  expect(failure(body).problems).toEqual([{ path: "", message: `must be a JSON object; given is ${given}` }]);
});

test.each<readonly [readonly string[], string | undefined, boolean, string | undefined]>([
  [["*"], undefined, false, undefined],
  [["*"], undefined, true, "kubenodes[0].reservation"],
  [["*", "cke"], undefined, true, undefined],
  [["*", "cke"], "*", true, "kubenodes[0].reservation"],
  [["cke", "org/k8s"], "org/k8s", true, undefined],
  [["cke"], "", true, undefined],
  [["cke"], "other", false, "role"],
])("B19: with -roles %j, role %s and reservation %s", (roles, role, reservation, path) => {
  const nodes = [{ name: "m", type: "master", node_ip: "10.0.0.1", reservation }];
  const body = smallBody({ nodes: undefined, kubenodes: nodes, ...(role === undefined ? {} : { role }) });
  const read = () => readCluster(body, context({ roles }));
  if (path === undefined) {
    const { spec, ignored } = read();
    expect([spec.role, ignored]).toEqual([role ?? "", []]);
    expect(readCluster(clusterJson(spec), context({ roles })).spec).toEqual(spec);
  } else expect(read).toThrow(expect.objectContaining({ status: 422, problems: [expect.objectContaining({ path })] }));
});

test("attributes are asked for by value or by pattern, in every notation", () => {
  const attributes = [
    "rack=a=b",
    { key: "zone", value: 1 },
    { name: "disk", value: "ssd" },
    { name: "row", operator: "like", value: "r?|s*" },
    { name: "gpu", operator: "UNLIKE", value: "*" },
  ];
  const { spec } = readCluster(smallBody({ attributes }), context());
  expect(spec.attributes).toEqual([
    { name: "rack", value: "a=b" },
    { name: "zone", value: "1" },
    { name: "disk", value: "ssd" },
    { name: "row", value: "r?|s*", operator: "LIKE" },
    { name: "gpu", value: "*", operator: "UNLIKE" },
  ]);
  expect(readCluster(clusterJson(spec), context()).spec.attributes).toEqual(spec.attributes);
  const wrong = () => readCluster(smallBody({ attributes: [{ name: "a", operator: "NEAR", value: "b" }] }), context());
  expect(wrong).toThrow(/attributes/);
});

test.each(["host", "none"])(
  "a node is in no network called %s: it would change the host's own, or have none",
  (network) => {
    const { problems } = failure({ ...exampleBody(), network });
    const message = `must be the name of a Docker network that was made for nodes; given is "${network}"`;
    expect(problems).toEqual([{ path: "network", message }]);
  },
);
