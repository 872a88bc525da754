// What Mesos gets about an executor: the URL to fetch it from, and the time to stop.
import { expect, test } from "vitest";
import { renderedUnit } from "../../kubernetes/kubernetes-kind.ts";
import { sampleNode } from "../../kubernetes/testing/sample-rendering.ts";
import { testOptions } from "../testing/scenario.ts";
import { buildLaunch } from "./launch-builder.ts";

function launch(contentPath: string | undefined) {
  const { tasks } = buildLaunch({
    unit: { kind: "kubernetes", workload: "my", unit: "m", program: "cke-k8s-exec", contentPath },
    rendered: renderedUnit(sampleNode("master")),
    incarnation: "i1",
    target: { agentId: "S-1", hostname: "h", role: "cke" },
    forExecutor: [],
    forUnit: [],
    placed: [{ name: "etcd", amount: { cpu: 0.1, mem: 128 }, resources: [] }],
    frameworkId: "F-1",
    options: testOptions,
    instance: "a1",
    cleanup: false,
    pod: false,
    now: 1,
  });
  return tasks;
}

test("B22: with a URL by content the fetcher may cache, without one it must not; one file, executable, not extracted", () => {
  const uriOf = (path: string | undefined) => launch(path)[0]?.executor?.command?.uris;
  const common = { executable: true, extract: false, output_file: "cke-k8s-exec" };
  expect(uriOf("exec/abc123/cke-k8s-exec")).toEqual([
    { ...common, value: "http://127.0.0.1:8512/exec/abc123/cke-k8s-exec", cache: true },
  ]);
  expect(uriOf(undefined)).toEqual([{ ...common, value: "http://127.0.0.1:8512/exec/cke-k8s-exec", cache: false }]);
});

test("B21: an executor gets a minute to stop its node, and every task of it names the same executor", () => {
  const tasks = launch(undefined);
  expect(tasks.length).toBeGreaterThan(1);
  expect(tasks[0]?.executor?.shutdown_grace_period).toEqual({ nanoseconds: 60_000_000_000 });
  expect(new Set(tasks.map(({ executor }) => JSON.stringify(executor))).size).toBe(1);
});

test("B23: an executor's command line is its name alone", () => {
  const { command } = launch(undefined)[0]?.executor ?? {};
  expect([command?.value, command?.arguments, command?.environment]).toEqual([
    "./cke-k8s-exec",
    ["./cke-k8s-exec"],
    undefined,
  ]);
});
