import { expect, test } from "vitest";
import { lacksRoom } from "./more-room.ts";

const requests = { cpus: 2, mem: 1_000, disk: 0, ports: [], host: "*", attributes: [], roles: [], reservation: false };
const refusal = (kind: string) => ({ kind, hosts: 2, examples: [] });
const waiting = { process: "", step: "launch-unit", requests, refusals: [refusal("cpus")] };

test.each<[string, Partial<Parameters<typeof lacksRoom>[0]>, boolean]>([
  ["cpus are missing", {}, true],
  ["memory is, on one of the hosts", { refusals: [refusal("role"), refusal("mem")] }, true],
  ["all agents were refused for other reasons", { refusals: [refusal("agent-maintenance")] }, false],
  ["nothing was offered yet", { refusals: [] }, false],
  ["it must be on a host", { requests: { ...requests, host: "h0" } }, false],
  ["a process of a node that runs", { process: "etcd", step: "relaunch-process" }, false],
  ["it waits for something else", { step: "wait", requests: null }, false],
])("%s", (_title, more, expected) => {
  expect(lacksRoom({ ...waiting, ...more })).toBe(expected);
});
