import { describe, expect, it, test } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import { clusterBody, clusterName, ingressBody, nodeBody, processBody } from "../../kubernetes/cluster/cluster-body.ts";
import { configurationSchema } from "../../kubernetes/configuration/configuration-schema.ts";
import { sampleConfigurationText } from "../../kubernetes/testing/sample-configuration.ts";
import { readSchema } from "./schema-messages.ts";

/** "path: message" of every problem. */
function words(schema: z.ZodType, value: unknown): readonly string[] {
  const result = readSchema(schema, value);
  return result.success ? [] : result.problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const node = { name: "n", type: "node", node_ip: "10.0.0.1" };
const process = { name: "p", type: "etcd" };
const told = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("resize") }),
  z.strictObject({ type: z.literal("signal") }),
]);
const port = 'a port of tcp or udp from 1 to 65535, like 34571, "34571/tcp" or "53/udp"';

test.each<readonly [z.ZodType, unknown, readonly string[]]>([
  [ingressBody, { name: "a", port: "132/sctp" }, [`port: must be ${port}; given is "132/sctp"`]],
  [ingressBody, { name: "a", port: 70_000 }, [`port: must be ${port}; given is 70000`]],
  [ingressBody, { name: "a", port: "70000" }, [`port: must be ${port}; given is "70000"`]],
  [ingressBody, { name: "a", port: true }, [`port: must be ${port}; given is true`]],
  [ingressBody, { name: "" }, ['name: must be a text that is not empty; given is ""']],
  [ingressBody, {}, ["name: is missing: it must be a text"]],
  [
    ingressBody,
    { name: "x".repeat(5_000) },
    [`name: must be at most 63 characters long; given is "${"x".repeat(60)}…"`],
  ],
  [nodeBody, { ...node, gottyport: "http" }, ['gottyport: must be a port from 1 to 65535; given is "http"']],
  [nodeBody, { ...node, gottyport: 0 }, ["gottyport: must be a port from 1 to 65535; given is 0"]],
  [nodeBody, { ...node, type: "boss" }, ['type: must be one of master, node, console, natgw; given is "boss"']],
  [
    nodeBody,
    { ...node, node_ip: "10.0.0.300" },
    ['node_ip: must be an IPv4 address like 192.168.0.80; given is "10.0.0.300"'],
  ],
  [nodeBody, { ...node, expect: "PAUSE" }, ['expect: must be "RUN", "STOP" or "FINISHED"; given is "PAUSE"']],
  [nodeBody, { ...node, pod: "yes" }, ['pod: must be true or false; given is "yes"']],
  [
    nodeBody,
    { ...node, attributes: "rack" },
    ['attributes: must be an object like {"rack": "a"}, or a list of "rack=a"; given is "rack"'],
  ],
  [nodeBody, { ...node, attributes: ["rack"] }, ['attributes.0: must be NAME=value; given is "rack"']],
  [
    nodeBody,
    { ...node, attributes: [{ name: "a", operator: "NEAR", value: "b" }] },
    ['attributes.0.operator: must be IS, LIKE or UNLIKE; given is "NEAR"'],
  ],
  [nodeBody, { ...node, ingress: { type: "nat" } }, ['ingress.type: must be "bridge" or "spider-lb"; given is "nat"']],
  [processBody, { ...process, cmd: "etcd" }, ['cmd: must be empty or an absolute path; given is "etcd"']],
  [processBody, { ...process, res: { cpu: "1" } }, ['res.cpu: must be a number; given is "1"']],
  [processBody, { ...process, res: [] }, ["res: must be an object; given is an empty list"]],
  [processBody, { ...process, options: [{}] }, ["options.0.key: is missing: it must be a text"]],
  [told, {}, ['type: is missing: it must be "resize" or "signal"']],
  [told, { type: "close" }, ['type: must be "resize" or "signal"; given is "close"']],
  [told, { type: ["resize"] }, ['type: must be "resize" or "signal"; given is a list']],
  [told, null, [": must be an object; given is null"]],
  [clusterName, "my cluster", [': must be letters, digits and - (which is not at an end); given is "my cluster"']],
  [
    clusterBody,
    { network: "host" },
    ['network: must be the name of a Docker network that was made for nodes; given is "host"'],
  ],
  [
    clusterBody,
    { network: "n", cluster_type: "swarm" },
    ['cluster_type: must be "k8s", no other type is known; given is "swarm"'],
  ],
  [
    clusterBody,
    {},
    [
      'network: is missing: it must be the name of a Docker network that was made for nodes, or an object like {"name": "nodes", "provider": "bgp"}',
    ],
  ],
])("%#", (schema, value, expected) => expect(words(schema, value)).toEqual(expected));

test("what may be a secret is not shown", () => {
  const secret = "hunter2";
  for (const envs of [
    [secret],
    { PASSWORD: [secret] },
    secret,
    [{ key: "", value: secret }],
    [{ key: "A", value: [secret] }],
  ]) {
    const lines = words(processBody, { ...process, envs, options: [{ key: 1, value: secret }] });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain(secret);
  }
});

test("names of fields that are not known are told with those that are", () => {
  expect(words(z.strictObject({ a: z.string(), b: z.string() }), { a: "", b: "", c: 1, d: 2 })).toEqual([
    "c: is not a known field: known are a, b",
    "d: is not a known field: known are a, b",
  ]);
});

describe("every field of every schema, with values that are wrong", () => {
  const configuration: unknown = parseDocument(sampleConfigurationText).toJS();
  const full = {
    cluster: {
      network: "n",
      cluster_type: "k8s",
      k8s_ver: "1",
      role: "r",
      pod: true,
      expect: "RUN",
      attributes: [{ name: "a", value: 1 }],
      ingress: { type: "bridge", bridges: [1, "2/udp"] },
    },
    node: {
      ...node,
      host: "*",
      ingresses: ["a"],
      gottyport: "1",
      attributes: { a: 1 },
      reservation: true,
      pod: true,
      expect: "RUN",
      ingress: { type: "bridge", bridges: [] },
    },
    process: {
      ...process,
      res: { cpu: 1, memory: 1, mem: 1 },
      cmd: "",
      options: ["a", { key: "b", value: 1 }],
      envs: { A: "b" },
      attributes: ["a=b"],
      expect: "RUN",
    },
    ingress: { name: "a", port: 1 },
  };
  const wrong: readonly unknown[] = [
    undefined,
    null,
    [],
    {},
    "",
    "\u0000 wrong",
    "x".repeat(10_000),
    -1,
    1.5,
    1e12,
    true,
    [null],
    [[]],
    [{}],
    { "": 1 },
    { a: [] },
  ];

  it.each<readonly [string, z.ZodType, unknown]>([
    ["cluster", clusterBody, full.cluster],
    ["cluster_name", clusterName, "a"],
    ["node", nodeBody, full.node],
    ["process", processBody, full.process],
    ["ingress", ingressBody, full.ingress],
    ["cke.conf", configurationSchema, configuration],
  ])("%s: sentences of a sane length that say what is allowed and what was given", (_name, schema, right) => {
    expect(words(schema, right)).toEqual([]);
    let seen = 0;
    for (const path of pathsOf(right)) {
      for (const value of wrong) {
        for (const line of words(schema, replaced(right, path, value))) {
          seen += 1;
          const message = line.slice(line.indexOf(": ") + 2);
          expect(message).toMatch(
            /^(must be \S.*; given is \S|is missing: it must be \S|is not a known field|is no right name: it must be \S)/s,
          );
          expect(message).not.toMatch(/of another form|Invalid|expected|received|undefined|\[object/);
          expect(message.length).toBeLessThan(500);
        }
      }
    }
    expect(seen).toBeGreaterThan(5);
  });
});

/** Paths to a value and to everything in it. */
function* pathsOf(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* pathsOf(inner, [...path, key]);
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === key ? replaced(item, rest, by) : item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === key ? replaced(inner, rest, by) : inner]),
  );
}
