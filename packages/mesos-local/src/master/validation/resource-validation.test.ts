// What a real master refuses before it looks at the offer; a lenient one would hide such a fault of a framework.
import type { TaskInfo } from "@cke/mesos";
import { expect, test } from "vitest";
import { parseResources } from "../../resources/parse.ts";
import { MasterFixture, taskInfo } from "../testing/master-fixture.ts";
import { changeProblem, infoProblem } from "./framework-validation.ts";
import { impossibleResources, overlaps } from "./resource-validation.ts";

const port = (begin: number, end = begin) => ({
  name: "ports",
  type: "RANGES" as const,
  ranges: { range: [{ begin, end }] },
});

function messageOf(task: Partial<TaskInfo>): string | undefined {
  const master = new MasterFixture();
  master.register("cpus:8;mem:16384;ports:[31000-31099]");
  const framework = master.subscribe();
  master.allocate();
  master.launch(framework, [task]);
  const statuses = framework.events.flatMap((event) => (event.type === "UPDATE" ? [event.update.status] : []));
  return statuses.at(-1)?.message;
}

const executor = (more: Partial<NonNullable<TaskInfo["executor"]>>) => ({
  ...taskInfo({ id: { value: "" }, framework_id: { value: "" }, agent_id: { value: "" }, hostname: "" }, {}).executor,
  executor_id: { value: "e" },
  ...more,
});

test.each<[string, Partial<TaskInfo>, RegExp]>([
  [
    "a port that task and executor share",
    {
      resources: [...parseResources("cpus:1"), port(31_000)],
      executor: executor({ resources: [...parseResources("cpus:0.1;mem:32"), port(31_000)] }),
    },
    /^There are overlapping resources in the task resources .* and executor resources/,
  ],
  [
    "a negative amount",
    { resources: [...parseResources("cpus:1"), { name: "mem", type: "SCALAR", scalar: { value: -1 } }] },
    /^Resource 'mem:-1' is invalid: Invalid scalar resource: value <= 0$/,
  ],
  [
    "a variable without a value",
    { executor: executor({ command: { value: "true", environment: { variables: [{ name: "A" }] } } }) },
    /^Executor's `CommandInfo` is invalid: Environment variable 'A' of type 'VALUE' must have a value set/,
  ],
  [
    "a negative grace period",
    { kill_policy: { grace_period: { nanoseconds: -1 } } },
    /^Task's 'kill_policy.grace_period'/,
  ],
])("%s makes a task invalid", (_title, task, words) => {
  expect(messageOf(task)).toMatch(words);
});

test.each([
  [[port(31_000, 31_005)], undefined],
  [[port(31_005, 31_000)], /^Resource 'ports:\[31005-31000\]' is invalid: Invalid ranges resource: begin > end$/],
  [
    [
      {
        ...port(1),
        ranges: {
          range: [
            { begin: 1, end: 5 },
            { begin: 5, end: 6 },
          ],
        },
      },
    ],
    /overlapping ranges/,
  ],
  [[{ name: "ports", type: "RANGES" as const }], /Invalid ranges resource$/],
])("ranges are checked (%#)", (resources, words) => {
  const problem = impossibleResources(resources);
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(words);
});

test("scalars never overlap, ports do", () => {
  const bag = parseResources("cpus:1;mem:32");
  expect(overlaps([bag, bag])).toBe(false);
  expect(overlaps([[port(1, 5)], [port(6, 9)]])).toBe(false);
  expect(overlaps([[port(1, 5)], [port(5, 9)]])).toBe(true);
});

test("a principal never changes, not even from none to one", () => {
  const info = { user: "root", name: "f" };
  const words = "Changing framework's principal is not allowed.";
  expect(changeProblem(info, { ...info, principal: "me" })).toBe(words);
  expect(changeProblem({ ...info, principal: "me" }, info)).toBe(words);
  expect(changeProblem(info, { ...info, user: "x" })).toMatch(/from 'root' to 'x'$/);
  expect(changeProblem(info, { ...info, checkpoint: false })).toBeUndefined();
});

test("an id that a framework chooses has to be fit for a directory", () => {
  const info = (value: string) => ({ user: "root", name: "f", id: { value } });
  expect(infoProblem({ info: info("a/b"), removed: false })).toBe("'a/b' contains invalid characters");
  expect(infoProblem({ info: info("a-b"), removed: false })).toBeUndefined();
});

test.each([
  [{}, "Resource quantities must contain at least one quantity"],
  [{ cpus: { value: -1 } }, "Invalid resource quantity for 'cpus': Negative values not supported"],
  [
    { cpus: { value: 0 }, mem: { value: Number.POSITIVE_INFINITY } },
    "Invalid resource quantity for 'mem': Infinite values not supported",
  ],
  [{ cpus: { value: 1e-310 } }, "Invalid resource quantity for 'cpus': Subnormal values not supported"],
  [{ cpus: { value: 0 } }, undefined],
])("the smallest offer %j: %s", (quantities, words) => {
  const offer_filters = { dev: { min_allocatable_resources: { quantities: [{ quantities }] } } };
  const info = { user: "root", name: "f", offer_filters };
  expect(infoProblem({ info, removed: false })).toBe(words);
});
