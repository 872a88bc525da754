// A few bodies of each kind at every run; `make soak` posts many.
import { join } from "node:path";
import { test } from "vitest";
import { executorBodiesAreAnswered, schedulerBodiesAreAnswered } from "./testing/body-properties.ts";

const directory = join(import.meta.dirname, "../../../test/fixtures/mesos");

test("every body for the executor API is read or refused in words", () => executorBodiesAreAnswered(directory, 300));
test("every body for the scheduler API is answered, and the books stay right", () =>
  schedulerBodiesAreAnswered(directory, 300));
