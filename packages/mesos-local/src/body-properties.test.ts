// A few bodies of each kind at every run; `make soak` posts many.
import { join } from "node:path";
import { test } from "vitest";
import {
  executorBodiesAreAnswered,
  executorCallsAreAnswered,
  masterCallsAreAnswered,
  schedulerBodiesAreAnswered,
} from "./testing/body-properties.ts";

const directory = join(import.meta.dirname, "../../../test/fixtures/mesos");

test("every body for the executor API is read or refused in words", () => executorBodiesAreAnswered(directory, 300));
test("every body for the scheduler API is answered, and the ledger stays right", () =>
  schedulerBodiesAreAnswered(directory, 300));
test("executors' calls with whatever fields, in both forms, are read or refused in words", () =>
  executorCallsAreAnswered(200));
test("schedulers' and operators' calls with whatever fields, in both forms, are answered, and the ledger stays right", () =>
  masterCallsAreAnswered(300));
