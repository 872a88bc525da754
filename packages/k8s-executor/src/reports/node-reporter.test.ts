import type { TaskUpdate } from "@cke/executor-core";
import { systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import { noFacts } from "./node-report.ts";
import { NodeReporter } from "./node-reporter.ts";

test("details of a step are told seldom; that the wrapper does not answer, and answers again, at once", () => {
  const told: (string | undefined)[] = [];
  let unresponsiveSinceMs = 0;
  const reporter = new NodeReporter({
    clock: { ...systemClock, monotonic: () => 0 },
    facts: () => ({ ...noFacts, unresponsiveSinceMs }),
    update: ({ message }: TaskUpdate) => told.push(message),
  });
  reporter.progress("files", "1 of 9");
  reporter.progress("files", "2 of 9");
  unresponsiveSinceMs = 1;
  reporter.progress("files", "unresponsive since then");
  unresponsiveSinceMs = 0;
  reporter.progress("files", "");
  expect(told).toEqual(["files: 1 of 9", "files: unresponsive since then", "writing the node's files"]);
});

test("a step that takes no time is not told; the first one, and what lasts, are", () => {
  const told: (string | undefined)[] = [];
  let due: (() => void) | undefined;
  const after = (_ms: number, tell: () => void) => {
    due = tell;
    return () => {
      due = undefined;
    };
  };
  const reporter = new NodeReporter({
    clock: { ...systemClock, monotonic: () => 0, after },
    facts: () => noFacts,
    update: ({ message }: TaskUpdate) => told.push(message),
  });
  expect([reporter.progress("engine", ""), reporter.progress("image", ""), reporter.progress("container", "")]).toEqual(
    [...[true, true, true]],
  );
  expect(told).toEqual(["looking for the Docker engine"]);
  due?.();
  expect(told).toEqual(["looking for the Docker engine", "creating the container"]);
  reporter.progress("wrapper", "");
  reporter.ready(noFacts, false);
  expect(due).toBeUndefined();
  expect(told.slice(2)).toEqual(["ready"]);
});
