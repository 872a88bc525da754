import { expect, test } from "vitest";
import { MasterFixture } from "../testing/master-fixture.ts";

test("impossible resources of one task make every task of its LAUNCH invalid", () => {
  const master = new MasterFixture();
  master.register();
  const framework = master.subscribe();
  master.allocate();
  const bad = [{ name: "mem", type: "SCALAR" as const, scalar: { value: -1 } }];
  master.launch(framework, [{ task_id: { value: "good" } }, { task_id: { value: "bad" }, resources: bad }]);
  const updates = framework.events.flatMap((event) => (event.type === "UPDATE" ? [event.update.status] : []));
  expect(updates.map(({ task_id, message }) => [task_id.value, message])).toEqual([
    ["good", "Resource 'mem:-1' is invalid: Invalid scalar resource: value <= 0"],
    ["bad", "Resource 'mem:-1' is invalid: Invalid scalar resource: value <= 0"],
  ]);
});
