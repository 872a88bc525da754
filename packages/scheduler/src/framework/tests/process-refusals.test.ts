// A request about a process that cannot be meant as it is written.
import { expect, test } from "vitest";
import { Scenario } from "../testing/scenario.ts";

const put = (s: Scenario, body: unknown) =>
  s.processes.change({ cluster: "small", node: "m", process: "etcd" }, body, "ann");
const rendering = async (s: Scenario) => (await s.store.get("renderings/small/m"))?.value;

test("a body without a field that is known restarts nothing: a misspelt one must not end a process", async () => {
  const s = await Scenario.running("a");
  const before = await rendering(s);
  for (const body of [{ optionss: ["--v=2"] }, { name: "etcd", envss: {} }])
    await expect(put(s, body)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("nothing was done"),
      warnings: [expect.stringContaining("did you mean")],
    });
  expect(await rendering(s)).toEqual(before);
});
