import { expect, test } from "vitest";
import { anyImages } from "../configuration/version-images.ts";
import { sampleConfiguration } from "../testing/sample-configuration.ts";
import { exampleBody, smallBody } from "../testing/user-bodies.ts";
import { SpecInvalidError } from "./cluster-errors.ts";
import { clusterJson } from "./cluster-json.ts";
import { type ReadContext, readCluster } from "./cluster-reader.ts";
import { ignoredFieldsMessage } from "./ignored-fields.ts";

const context = (overrides: Partial<ReadContext> = {}): ReadContext => ({
  configurations: new Map([
    ["1.36", sampleConfiguration("1.36")],
    ["1.9", sampleConfiguration("1.9")],
    ["1.15", sampleConfiguration("1.15")],
  ]),
  existing: [],
  roles: ["cke"],
  images: anyImages,
  loadBalancer: false,
  ...overrides,
});
const failure = (body: unknown, overrides: Partial<ReadContext> = {}): SpecInvalidError => {
  try {
    readCluster(body, context(overrides));
  } catch (error) {
    if (error instanceof SpecInvalidError) return error;
    throw error;
  }
  throw new Error("the body was accepted");
};
const node = (overrides: Readonly<Record<string, unknown>>) => ({
  name: "m",
  type: "master",
  host: "a",
  node_ip: "10.0.0.1",
  ...overrides,
});

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
  expect(Math.max(...words.map((text) => text.length))).toBeLessThan(300);
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
