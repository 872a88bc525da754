// A few cases of each property at every run; `make soak` runs many.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  damageDoesNotDependOnChunking,
  eventsNeverThrow,
  recordedEvents,
  recordsSurviveChunking,
} from "./testing/wire-properties.ts";

const directory = fileURLToPath(new URL("../../../test/fixtures/mesos", import.meta.url));

test("B2: records survive any chunking", () => recordsSurviveChunking(300));
test("B2: a damaged stream fails in the same way in any chunks", () => damageDoesNotDependOnChunking(300));
test("events that are almost right never throw", () => {
  const { scheduler, executor } = recordedEvents(directory);
  expect([scheduler.length > 100, executor.length > 50]).toEqual([true, true]);
  eventsNeverThrow(directory, 400);
});
