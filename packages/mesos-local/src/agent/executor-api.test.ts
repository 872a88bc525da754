// Every call that mesos-agent refused in the recording must be refused with the same words.
import { readFileSync } from "node:fs";
import { join } from "node:path";
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
const path = join(import.meta.dirname, "../../../../test/fixtures/mesos/executor-errors-exec-err.json");
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
