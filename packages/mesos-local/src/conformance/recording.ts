// Recordings of a real Mesos (test/fixtures/mesos): what was asked, what was answered, and when.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as z from "zod";

const headerSchema = z.tuple([z.string(), z.string()]);
const frameSchema = z.object({ t_ms: z.number(), body: z.unknown().optional(), text: z.nullish(z.string()) });

const exchangeSchema = z.object({
  seq: z.number(),
  label: z.string(),
  t_ms: z.number(),
  peer: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.array(headerSchema),
    body: z.unknown().optional(),
    body_text: z.nullish(z.string()),
  }),
  response: z.nullable(
    z.object({
      t_ms: z.number(),
      status: z.number(),
      reason: z.string(),
      headers: z.array(headerSchema),
      body: z.unknown().optional(),
      body_text: z.nullish(z.string()),
      body_base64: z.exactOptional(z.string()),
      frames: z.exactOptional(z.array(frameSchema)),
      end: z.nullish(z.object({ t_ms: z.number(), how: z.string() })),
    }),
  ),
});
export type Exchange = z.infer<typeof exchangeSchema>;

const recordingSchema = z.object({
  t0_ms: z.number(),
  exchanges: z.array(exchangeSchema),
  notes: z.array(z.object({ t_ms: z.number(), text: z.string() })).default([]),
});

export interface TimedExchange {
  readonly file: string;
  readonly exchange: Exchange;
  /** UNIX time in milliseconds. */
  readonly atMs: number;
}

export interface TimedNote {
  readonly file: string;
  readonly text: string;
  readonly atMs: number;
}

export interface Recording {
  readonly exchanges: readonly TimedExchange[];
  readonly notes: readonly TimedNote[];
}

/** Reads recordings and puts them on one time line. */
export function loadRecordings(directory: string, files: readonly string[]): Recording {
  const all = files.map((file) => ({
    file,
    content: recordingSchema.parse(JSON.parse(readFileSync(`${directory}/${file}.json`, "utf8"))),
  }));
  const byTime = (a: { readonly atMs: number }, b: { readonly atMs: number }) => a.atMs - b.atMs;
  return {
    exchanges: all
      .flatMap(({ file, content }) =>
        content.exchanges.map((exchange) => ({ file, exchange, atMs: content.t0_ms + exchange.t_ms })),
      )
      .sort(byTime),
    notes: all
      .flatMap(({ file, content }) =>
        content.notes.map(({ text, t_ms }) => ({ file, text, atMs: content.t0_ms + t_ms })),
      )
      .sort(byTime),
  };
}

/** The exact text of a recorded body: kept apart only where it differs from the usual serialisation. */
export function recordedText(part: {
  readonly body?: unknown;
  readonly body_text?: string | null | undefined;
  readonly body_base64?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly text?: string | null | undefined;
}): string {
  const exact = part.text ?? part.body_text;
  if (typeof exact === "string") return exact;
  const bytes = Buffer.from(part.body_base64 ?? "", "base64");
  // The recorded directory was given another name in all that is not compressed. Other bytes than compressed text cannot be compared as text.
  if (bytes[0] === 0x1f && part.headers?.some(([name]) => name === "Content-Encoding"))
    return gunzipSync(bytes).toString("utf8").replaceAll("/opt/mesos-build/", "/srv/mesos/");
  if (part.body === undefined || part.body === null) return "";
  return typeof part.body === "string" ? part.body : JSON.stringify(part.body);
}
