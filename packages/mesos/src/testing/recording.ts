// Recordings of a real Mesos (test/fixtures/mesos), for tests that replay them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { parseJson, stringifyJson } from "../encoding/json.ts";

const headerSchema = z.tuple([z.string(), z.string()]);
const frameSchema = z.object({
  t_ms: z.number(),
  length: z.number(),
  body: z.unknown(),
  /** Exact text, where it differs from JSON.stringify(body). */
  text: z.string().optional(),
});
const exchangeSchema = z.object({
  seq: z.number(),
  label: z.string().optional(),
  t_ms: z.number(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.array(headerSchema),
    body: z.unknown().optional(),
    body_text: z.string().nullish(),
  }),
  response: z
    .object({
      status: z.number().nullish(),
      headers: z.array(headerSchema).nullish(),
      body: z.unknown().optional(),
      body_text: z.string().nullish(),
      frames: z.array(frameSchema).nullish(),
    })
    .nullish(),
});
const recordingSchema = z.object({
  about: z.string(),
  exchanges: z.array(exchangeSchema).default([]),
  process: z.object({ env: z.record(z.string(), z.string()) }).optional(),
});

export type Recording = z.output<typeof recordingSchema>;
export type RecordedExchange = z.output<typeof exchangeSchema>;
export type RecordedFrame = z.output<typeof frameSchema>;

/** Exact JSON text of a frame. */
export function frameText(frame: RecordedFrame): string {
  return frame.text ?? stringifyJson(frame.body);
}

/** Reads one recording: `loadRecording(directory, "scheduler-lifecycle")`. */
export function loadRecording(directory: string, name: string): Recording {
  return recordingSchema.parse(parseJson(readFileSync(join(directory, `${name}.json`), "utf8")));
}

/** Names of all recordings in a directory. */
export function recordingNames(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}
