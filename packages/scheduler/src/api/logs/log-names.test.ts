import { describe, expect, it } from "vitest";
import { LogRing } from "../../framework/workload-log/log-ring.ts";
import type { ClusterLogEntry } from "../../kubernetes/views/plan-views.ts";
import { checkLogNames, refuseLogNames } from "./log-names.ts";

const processes = (...names: string[]) => names.map((name) => ({ name }));
const nodes = [
  { name: "master", processes: processes("etcd", "apiserver") },
  { name: "node0", processes: processes("kubelet") },
];
const log = () => {
  const ring = new LogRing<ClusterLogEntry>(1, { entries: 10, characters: 10_000 }, () => 100);
  for (const process of ["gotty", "etcd2.res-2"])
    ring.append((seq) => ({ type: "log", seq, time: "", level: "info", node: "gone", process, log: "" }));
  return ring;
};
const filter = (asked: { node?: string[]; process?: string[] }) => ({
  level: "info" as const,
  ...(asked.node === undefined ? {} : { nodes: new Set(asked.node) }),
  ...(asked.process === undefined ? {} : { processes: new Set(asked.process) }),
});

describe("checkLogNames", () => {
  it.each([
    {},
    { node: ["master", "node0"] },
    { process: ["kubelet"] },
    { node: ["master"], process: ["etcd"] },
    // What was removed may be asked for while entries of it are kept.
    { node: ["gone"] },
    { process: ["gotty"] },
    // A task that holds resources of a process is of that process.
    { process: ["etcd2"] },
    { process: ["etcd2.res-2"] },
    { node: ["gone", "master"], process: ["gotty"] },
  ])("%j is known", (asked) => {
    expect(() => checkLogNames("my", filter(asked), () => nodes, log())).not.toThrow();
  });

  it.each([
    [{ node: ["unknown"] }, 'cluster "my" has no node "unknown"; it has: master, node0'],
    [{ node: ["master", "Node0"] }, 'cluster "my" has no node "Node0"; it has: master, node0'],
    [{ process: ["etc"] }, 'cluster "my" has no process "etc"; it has: apiserver, etcd, kubelet'],
    [{ node: ["node0"], process: ["etcd"] }, 'node "node0" of cluster "my" has no process "etcd"; it has: kubelet'],
    [
      { node: ["node0", "master"], process: ["x"] },
      'nodes "node0", "master" of cluster "my" has no process "x"; it has: apiserver, etcd, kubelet',
    ],
  ])("%j is refused: %s", (asked, words) => {
    const check = () => checkLogNames("my", filter(asked), () => nodes, log());
    expect(check).toThrow(expect.objectContaining({ message: words, status: 404 }));
  });
});

describe("refuseLogNames", () => {
  it.each([
    [{ node: ["a"] }, /^node: the log of a VM/],
    [{ process: ["a"] }, /^process: the log of a VM/],
  ])("%j is 400", (asked, words) => {
    expect(() => refuseLogNames(filter(asked))).toThrow(words);
  });
  it("nothing is nothing", () => expect(() => refuseLogNames(filter({}))).not.toThrow());
});
