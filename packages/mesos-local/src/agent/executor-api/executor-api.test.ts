// Every call that mesos-agent refused in the recording must be refused with the same words.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newUuid } from "@cke/mesos";
import { expect, test } from "vitest";
import * as z from "zod";
import { readExecutorCall } from "./executor-api.ts";

const recordingSchema = z.object({
  exchanges: z.array(
    z.object({
      label: z.string(),
      request: z.object({ method: z.string(), body: z.unknown().optional(), body_text: z.string().nullish() }),
      response: z.object({ status: z.number(), body_text: z.string().optional(), body: z.unknown().optional() }),
    }),
  ),
});
const path = join(import.meta.dirname, "../../../../../test/fixtures/mesos/executor-errors-exec-err.json");
const { exchanges } = recordingSchema.parse(JSON.parse(readFileSync(path, "utf8")));
const textOf = (request: { body?: unknown; body_text?: string | null | undefined }) =>
  request.body_text ?? JSON.stringify(request.body);

const isRefused = ({ response }: (typeof exchanges)[number]) =>
  response.status === 400 && /^Failed to/.test(response.body_text ?? String(response.body));

test.each(exchanges.filter(isRefused))("$label", ({ request, response }) => {
  expect(() => readExecutorCall(Buffer.from(textOf(request)))).toThrow(
    expect.objectContaining({ message: response.body_text ?? response.body, status: 400 }),
  );
});

test.each(exchanges.filter(({ response }) => response.status === 202))("accepted: $label", ({ request }) => {
  expect(readExecutorCall(Buffer.from(textOf(request))).executor_id).toEqual({ value: "exec-err" });
});

const updateWith = (check_status: object) => {
  const status = {
    task_id: { value: "t" },
    state: "TASK_RUNNING",
    source: "SOURCE_EXECUTOR",
    uuid: newUuid(),
    check_status,
  };
  const ids = { executor_id: { value: "e" }, framework_id: { value: "f" } };
  return Buffer.from(JSON.stringify({ ...ids, type: "UPDATE", update: { status } }));
};

test.each([
  [{}, "CheckStatusInfo must specify 'type'"],
  [{ type: "UNKNOWN" }, "'UNKNOWN' is not a valid check's status type"],
  [{ type: "HTTP", tcp: {} }, "Expecting 'http' to be set for HTTP check's status"],
])("check status %j is refused: %s", (status, words) => {
  expect(() => readExecutorCall(updateWith(status))).toThrow(`Failed to validate Executor::Call: ${words}`);
});

test("a check status with its part is taken", () => {
  expect(readExecutorCall(updateWith({ type: "TCP", tcp: { succeeded: true } })).type).toBe("UPDATE");
});
