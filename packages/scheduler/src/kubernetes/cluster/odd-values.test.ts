// Whatever stands in the place of a value of a body is accepted or refused with its place, and never an error of the program.
import { expect, test } from "vitest";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { readProcessChange } from "../processes/process-change-reader.ts";
import { context } from "../testing/read-bodies.ts";
import { exampleBody } from "../testing/user-bodies.ts";
import { readCluster } from "./cluster-reader.ts";

const oddValues: readonly unknown[] = [
  ...[null, true, "", " ", "../../etc", "\u0000", "x".repeat(10_000), "__proto__", "😀\ud800"],
  ...[-1, 0, 0.5, 1e308, Number.MAX_SAFE_INTEGER],
  ...[[], [[]], [null], {}, JSON.parse('{"__proto__": {"a": 1}, "constructor": 1, "toString": null}')],
];

const known = context();

type Path = readonly (string | number)[];

/** The place of every value in a body, that of the body itself first. */
function placesIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

/** The body with another value in this place. */
function withValue(body: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(body))
    return body.map((item: unknown, index) => (String(index) === String(key) ? withValue(item, rest, value) : item));
  const fields = Object.entries(Object(body)).map(([name, inner]) => [
    name,
    name === String(key) ? withValue(inner, rest, value) : inner,
  ]);
  return Object.fromEntries(fields);
}

function check(body: unknown, read: (body: unknown) => unknown): void {
  let [refused, accepted] = [0, 0];
  for (const path of placesIn(body))
    for (const value of oddValues) {
      try {
        read(withValue(body, path, value));
        accepted += 1;
      } catch (error) {
        expect(error, `${path.join(".")} = ${String(JSON.stringify(value)).slice(0, 60)}`).toBeInstanceOf(
          SpecInvalidError,
        );
        refused += 1;
      }
    }
  expect(refused).toBeGreaterThan(accepted);
}

const process = {
  options: ["--v=2"],
  envs: ["A=1", { name: "B", value: "2" }],
  cmd: "/usr/local/bin/etcd",
  res: { cpu: 1, memory: 512 },
};
const [master, worker, gotty] = [
  { name: "m", type: "master", host: "*", node_ip: "192.168.0.80" },
  {
    ...{ name: "w", type: "node", host: "a", node_ip: "192.168.0.81", ingresses: ["web"] },
    ...{ labels: { disk: "ssd" }, taints: [{ key: "gpu", value: "1", effect: "NoSchedule" }] },
    ...{ process: [{ name: "kubelet", type: "kubelet", ...process }], attributes: [{ name: "rack", value: "a" }] },
  },
  { name: "c", type: "console", node_ip: "192.168.0.82", gottyport: "9000" },
];
const body = exampleBody({
  kubenodes: [master, worker, gotty],
  ingresses: [{ name: "web", port: "34571/tcp" }],
  apiserver: { expose: ["port"], port: "16443/tcp" },
  attributes: ["zone=a"],
});

test("of a cluster", () => check(body, (odd) => readCluster(odd, known)));

test("of nodes that are added", () => {
  const { spec } = readCluster(exampleBody(), known);
  const added = [{ ...worker, name: "x", node_ip: "192.168.0.90", ingresses: ["igr1"] }];
  expect(readAddedNodes(added, spec, known).nodes).toHaveLength(1);
  check(added, (odd) => readAddedNodes(odd, spec, known));
});

test("of a process that is changed", () => {
  const present = { name: "etcd", type: "etcd", res: { cpu: 0.1, mem: 512 } };
  check(process, (odd) => readProcessChange(odd, present, undefined));
});
