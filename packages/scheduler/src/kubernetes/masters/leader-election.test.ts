import { ProcessSpec } from "@cke/protocol";
import { expect, test } from "vitest";
import { sampleNode } from "../testing/sample-rendering.ts";
import { electing, withElection, withoutElection } from "./leader-election.ts";

const rendered = sampleNode("master");
const [first, ...others] = rendered.processes;
if (first === undefined) throw new Error("no process");
const command = (...args: readonly string[]) => ({
  ...first,
  spec: ProcessSpec.create({ ...first.spec, command: ["/bin/x", ...args] }),
});

test("what elects no leader does so from now on, and nothing else changes", () => {
  const before = { ...rendered, processes: [command("--a=1", "--leader-elect=false", "--b"), ...others] };
  expect([withoutElection(before), withElection(before)]).toEqual([[first.name], []]);
  const after = electing(before);
  expect(after.processes[0]?.spec.command).toEqual(["/bin/x", "--a=1", "--leader-elect=true", "--b"]);
  expect(after.processes[0]).toMatchObject({ revision: first.revision + 1, changed: true });
  expect(after.processes.slice(1)).toEqual(others);
  expect(after.kubeNode).toEqual(before.kubeNode);
  expect(after.configHash).not.toBe(before.configHash);
  expect([withoutElection(after), withElection(after)]).toEqual([[], [first.name]]);
  // A second time changes nothing more.
  expect(electing(after)).toEqual(after);
});

test("what has no such argument, or elects already, stays as it is", () => {
  for (const args of [["--a"], ["--leader-elect=true"]]) {
    const same = { ...rendered, processes: [command(...args), ...others] };
    expect(electing(same).processes).toEqual(same.processes);
  }
});
