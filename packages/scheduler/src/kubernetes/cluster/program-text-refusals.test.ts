// Options, environments and paths with which no program can be started are refused wherever they may be given.
import { expect, test } from "vitest";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { readProcessChange } from "../processes/process-change-reader.ts";
import { context, failure, node } from "../testing/read-bodies.ts";
import { exampleBody, smallBody } from "../testing/user-bodies.ts";
import { readCluster } from "./cluster-reader.ts";

test.each<readonly [string, Readonly<Record<string, unknown>>, string, string]>([
  ["an option with a zero byte", { options: ["--a", "--b=\0"] }, "options[1]", "zero byte"],
  ["the same as an object", { options: [{ key: "--b", value: "\0" }] }, "options[0]", "zero byte"],
  ["an option that no program takes", { options: [`--b=${"x".repeat(300_000)}`] }, "options[0]", "300004 bytes"],
  ["a value with a zero byte", { envs: ["A=\0"] }, "envs[0]", "zero byte"],
  ["a name with =", { envs: { "A=B": "c" } }, "envs[0]", '"A=B" is no name'],
  ["the same as an object", { envs: [{ name: "A=B", value: "c" }] }, "envs[0]", '"A=B" is no name'],
  ["a path with a zero byte", { cmd: "/bin/\0" }, "cmd", "zero byte"],
])("%s is refused in the body of a cluster, of a node and of a process", (_title, values, field, words) => {
  const process = [{ name: "etcd", type: "etcd", ...values }];
  const told = ({ problems }: Pick<SpecInvalidError, "problems">) => problems.map((one) => [one.path, one.message]);
  const expected = (prefix: string) => [[`${prefix}${field}`, expect.stringContaining(words)]];
  expect(told(failure(smallBody({ nodes: [node({ process })] })))).toEqual(expected("nodes[0].process[0]."));
  const { spec } = readCluster(exampleBody(), context());
  const added = [
    {
      name: "x",
      type: "node",
      node_ip: "192.168.0.90",
      process: [{ ...process[0], name: "kubelet", type: "kubelet" }],
    },
  ];
  expect(told(refusal(() => readAddedNodes(added, spec, context())))).toEqual(expected("[0].process[0]."));
  const present = { name: "etcd", type: "etcd", res: { cpu: 0.1, mem: 512 } };
  expect(told(refusal(() => readProcessChange(values, present, undefined)))).toEqual(expected(""));
});

test("a cluster whose processes have too much text for the store is refused in words", () => {
  const process = [
    { name: "etcd", type: "etcd", options: Array.from({ length: 2 }, () => `--v=${"x".repeat(60_000)}`) },
  ];
  const names = ["a", "b", "c", "d", "e"];
  const nodes = names.map((name, index) => node({ name, node_ip: `10.0.0.${index + 1}`, process }));
  const { problems } = failure(smallBody({ nodes }));
  expect(problems).toEqual([{ path: "nodes", message: expect.stringContaining("at most 400000 are allowed") }]);
});

test("nodes are added to a cluster as long as all of its text together is not too much, and without text always", () => {
  const { spec } = readCluster(exampleBody(), context());
  const process = (bytes: number) => {
    const options = Array.from({ length: bytes / 60_000 }, () => "x".repeat(60_000));
    return { name: "kubelet", type: "kubelet", options, res: { cpu: 1, mem: 512 } };
  };
  const listed = (bytes: number) => ({ ...process(bytes), cmd: "", envs: [], attributes: [], expect: "RUN" as const });
  const holding = (bytes: number) => ({
    ...spec,
    units: spec.units.map((unit, index) => (index === 0 ? { ...unit, processes: [listed(bytes)] } : unit)),
  });
  const add = (bytes: number, present: number) => {
    const list = bytes === 0 ? {} : { process: [process(bytes)] };
    return readAddedNodes([{ name: "x", type: "node", node_ip: "192.168.0.90", ...list }], holding(present), context());
  };
  const message = expect.stringContaining("at most 400000 are allowed");
  expect(refusal(() => add(120_000, 300_000)).problems).toEqual([{ path: "", message }]);
  expect(refusal(() => add(60_000, 420_000))).toMatchObject({ status: 422, problems: [{ path: "", message }] });
  expect(add(60_000, 300_000).nodes).toHaveLength(1);
  expect(add(0, 420_000).nodes).toHaveLength(1);
});

function refusal(read: () => unknown): SpecInvalidError {
  try {
    read();
  } catch (error) {
    if (error instanceof SpecInvalidError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
