import { expect, test } from "vitest";
import { launchedProcess, Scenario } from "../testing/scenario.ts";

const etcd = { cluster: "small", node: "m", process: "etcd" };

test("the checks of a process are those of its rendering; names that are not known are refused", async () => {
  const s = await Scenario.running();
  const checks = (more: Partial<typeof etcd>) => s.processes.checks({ ...etcd, ...more });
  const launched = launchedProcess(s.task("small", "m", "etcd"))?.spec?.health ?? [];
  expect(launched.length).toBeGreaterThan(0);
  expect(checks({})).toEqual(launched);
  for (const unknown of [{ cluster: "c" }, { node: "n" }, { process: "p" }])
    expect(() => checks(unknown)).toThrow(expect.objectContaining({ status: 404 }));
});
