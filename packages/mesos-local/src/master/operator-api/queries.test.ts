// Query parameters of the classic endpoints, in what they select and in what is said of wrong ones. Facts:
// src/master/readonly_handler.cpp of Mesos 1.12, which adds offset and limit up as unsigned 64-bit numbers.
import { expect, test } from "vitest";
import * as z from "zod";
import { MasterFixture } from "../testing/master-fixture.ts";
import { operator } from "../testing/operator.ts";

const tasksSchema = z.object({ tasks: z.array(z.object({ id: z.string() })) });

/** A master with the tasks t1, t2 and t3, whose first updates came one after the other. */
function setting() {
  const master = new MasterFixture();
  const { agent } = master.register();
  const framework = master.subscribe();
  for (const id of ["t1", "t2", "t3"]) {
    master.allocate();
    master.launch(framework, [{ task_id: { value: id } }]);
    master.clock.advance(1_000);
    master.update(agent, framework, id, "TASK_RUNNING");
  }
  return { master, framework };
}

const get = (master: MasterFixture, path: string) => operator(master, path, undefined, "GET");

test.each([
  ["", "t3 t2 t1"],
  ["limit=-1", "t3 t2 t1"],
  ["limit=0", ""],
  ["limit=2", "t3 t2"],
  ["limit=0x2", "t3 t2"],
  ["limit=1.5", "t3 t2 t1"],
  ["limit=x", "t3 t2 t1"],
  ["limit=", "t3 t2 t1"],
  ["limit=3000000000", "t3 t2 t1"],
  ["limit=1&limit=2", "t3 t2"],
  ["offset=1", "t2 t1"],
  ["offset=3", ""],
  ["offset=-1", ""],
  ["offset=1&limit=1", "t2"],
  ["offset=1&limit=-1", ""],
  ["offset=1&limit=-2", "t2 t1"],
  ["order=asc", "t1 t2 t3"],
  ["order=asc&limit=1", "t1"],
  ["order=des", "t3 t2 t1"],
  ["order=up", "t3 t2 t1"],
  ["task_id=t2", "t2"],
  ["task_id=", ""],
  ["framework_id=nobody", ""],
])("/tasks?%s: %s", (query, ids) => {
  const { master } = setting();
  const { tasks } = tasksSchema.parse(JSON.parse(get(master, `/tasks?${query}`).body));
  expect(tasks.map(({ id }) => id).join(" ")).toBe(ids);
});

test.each([
  ["/metrics/snapshot?timeout=x", 400, "Invalid timeout 'x': Failed to convert '' to number.\n"],
  ["/metrics/snapshot?timeout=5", 400, "Invalid timeout '5': Invalid duration '5'.\n"],
  ["/logging/toggle", 200, "0\n"],
  ["/logging/toggle?level=1", 400, "Expecting 'duration=value' in query.\n"],
  ["/logging/toggle?duration=5secs", 400, "Expecting 'level=value' in query.\n"],
  ["/logging/toggle?level=x&duration=5secs", 400, "Failed to convert 'x' to number.\n"],
  ["/logging/toggle?level=-1&duration=5secs", 400, "Invalid level '-1'.\n"],
  ["/logging/toggle?level=1&duration=5", 400, "Invalid duration '5'.\n"],
])("%s: %d %s", (path, status, body) => {
  expect(get(new MasterFixture(), path)).toEqual({ status, body });
});
