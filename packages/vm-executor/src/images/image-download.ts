// Brings the content of one URL into a file. What has arrived stays there when the way breaks, the executor dies or is told to
// stop; the next attempt asks for the rest.

import { type FileHandle, open, readFile, rm, stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Backoff, CkeError, type Clock, messageOf, withTimeout } from "@cke/foundation";
import * as z from "zod";
import { writeDurably } from "../storage/durable-file.ts";
import { isMissing } from "../storage/file-errors.ts";
import { describeBytes } from "../storage/free-space.ts";
import { type Decision, type DownloadState, judgeAnswer, noState, resumeHeaders } from "./download-answer.ts";
import { ConnectionFailure, type HttpAnswer, type HttpLimits, openHttp } from "./http-source.ts";
import { describeUrl } from "./image-source.ts";

export interface DownloadLimits extends HttpLimits {
  /** Attempts in a row that bring no byte. */
  readonly attempts: number;
  readonly backoffMs: { readonly baseMs: number; readonly maxMs: number };
  /** For everything together. */
  readonly totalMs: number;
  readonly maxBytes: number;
}

export interface DownloadWish {
  readonly url: URL;
  /** Where the bytes go. Beside it, with ".json", is what is known of them. */
  readonly file: string;
  /** The content is compared with a sum afterwards. */
  readonly sumIsKnown: boolean;
  /** Of a copy that the host has: when the server says that it is still that, nothing is fetched. */
  readonly known: DownloadState | undefined;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly limits: DownloadLimits;
  readonly onProgress: (done: number, total: number | undefined) => void;
  /** Called before so many further bytes are written. Throws CkeError disk_full. */
  readonly makeRoom: (bytes: number) => Promise<void>;
}

export type Downloaded =
  | { readonly kind: "unchanged" }
  /** `resumed`: a part of it came from an earlier attempt. */
  | { readonly kind: "whole"; readonly state: DownloadState; readonly resumed: boolean };

const stateSchema = z.object({
  etag: z.string(),
  lastModified: z.string(),
  bytes: z.number().int().nonnegative().optional(),
});
/** So many bytes between two checks of the room on the disk. */
const roomStep = 64 * 2 ** 20;

export async function downloadImage(wish: DownloadWish): Promise<Downloaded> {
  const { clock, limits, signal, url } = wish;
  const backoff = new Backoff(limits.backoffMs);
  const deadline = clock.monotonic() + limits.totalMs;
  let most = await sizeOf(wish.file);
  let resumed = most > 0;
  for (let idle = 0; ; ) {
    const outcome = await attempt(wish);
    if (outcome.kind === "done")
      return outcome.result.kind === "whole" ? { ...outcome.result, resumed } : outcome.result;
    const have = await sizeOf(wish.file);
    idle = have > most ? 0 : idle + 1;
    if (have > most) backoff.reset();
    most = Math.max(most, have);
    resumed = have > 0;
    const place = `the image ${describeUrl(url)} cannot be fetched, ${describeBytes(have)} of it are here`;
    if (idle >= limits.attempts) throw unreachable(`${place}: ${outcome.why}, ${idle} times in a row`);
    const waitMs = Math.max(backoff.next(), outcome.afterMs);
    if (clock.monotonic() + waitMs > deadline)
      throw unreachable(`${place}: it took longer than ${limits.totalMs / 60_000} minutes; last: ${outcome.why}`);
    await clock.sleep(waitMs, signal);
  }
}

const unreachable = (words: string) =>
  new CkeError("image_unreachable", `${words}. The next attempt goes on from there`, { retryable: true });

type Outcome =
  | { readonly kind: "done"; readonly result: Downloaded }
  | { readonly kind: "again"; readonly why: string; readonly afterMs: number };

async function attempt(wish: DownloadWish): Promise<Outcome> {
  const { file, known, limits, signal, sumIsKnown, url } = wish;
  const stored = await readState(file);
  const have = stored === undefined ? 0 : await sizeOf(file);
  const resume = resumeHeaders(have, stored ?? noState, sumIsKnown);
  const headers = resume ?? (known === undefined ? {} : conditions(known));
  let answer: HttpAnswer;
  try {
    answer = await openHttp({ url, headers, signal, limits, mayLeaveTls: sumIsKnown });
  } catch (error) {
    if (error instanceof ConnectionFailure) return { kind: "again", why: error.message, afterMs: 0 };
    throw error;
  }
  try {
    return await follow(wish, answer, judgeAnswer(resume === undefined ? 0 : have, answer));
  } finally {
    answer.body.destroy();
  }
}

async function follow(wish: DownloadWish, answer: HttpAnswer, decision: Decision): Promise<Outcome> {
  const { file, url } = wish;
  switch (decision.kind) {
    case "unchanged":
      return { kind: "done", result: { kind: "unchanged" } };
    case "complete": {
      const state = (await readState(file)) ?? noState;
      return { kind: "done", result: { kind: "whole", state, resumed: true } };
    }
    case "discard":
      await discardDownload(file);
      return { kind: "again", why: "the server gives other parts than it was asked for", afterMs: 0 };
    case "retry":
      return { kind: "again", why: decision.why, afterMs: decision.afterMs };
    case "refused":
      throw new CkeError(decision.code, `the image ${describeUrl(url)} cannot be fetched: ${decision.why}`);
    case "restart":
      await discardDownload(file);
      return receive(wish, answer.body, decision.state, 0);
    case "append":
      return receive(wish, answer.body, decision.state, await sizeOf(file));
  }
}

async function receive(
  wish: DownloadWish,
  body: IncomingMessage,
  state: DownloadState,
  from: number,
): Promise<Outcome> {
  const { file, limits, makeRoom, onProgress, url } = wish;
  const refuseLarge = (bytes: number) => {
    if (bytes <= limits.maxBytes) return;
    const sizes = `it has ${describeBytes(bytes)}${state.bytes === undefined ? " and more" : ""}, allowed are ${describeBytes(limits.maxBytes)}`;
    throw new CkeError("image_too_large", `the image ${describeUrl(url)} is too large: ${sizes}`);
  };
  refuseLarge(state.bytes ?? 0);
  await makeRoom(state.bytes === undefined ? roomStep : Math.max(0, state.bytes - from));
  // First what the bytes belong to, then the bytes: those without a description are never continued.
  await writeDurably(`${file}.json`, JSON.stringify(state), 0o600);
  const target = await open(file, from === 0 ? "w" : "r+", 0o600);
  let done = from;
  let checked = from;
  onProgress(done, state.bytes);
  try {
    for await (const chunk of chunks(body, wish)) {
      refuseLarge(done + chunk.length);
      await writeAll(target, chunk, done);
      done += chunk.length;
      if (state.bytes === undefined && done - checked > roomStep) {
        checked = done;
        await makeRoom(roomStep);
      }
      onProgress(done, state.bytes);
    }
  } catch (error) {
    if (!(error instanceof ConnectionFailure)) throw error;
    return { kind: "again", why: error.message, afterMs: 0 };
  } finally {
    await target.close();
  }
  if (state.bytes !== undefined && done < state.bytes)
    return { kind: "again", why: `the server ended it after ${done} of ${state.bytes} bytes`, afterMs: 0 };
  return { kind: "done", result: { kind: "whole", state, resumed: from > 0 } };
}

async function writeAll(target: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await target.write(chunk, written, chunk.length - written, at + written);
    written += bytesWritten;
  }
}

/** The parts of a body. Throws ConnectionFailure when it breaks or stalls. */
async function* chunks(body: IncomingMessage, { limits, signal }: DownloadWish): AsyncGenerator<Uint8Array> {
  const parts: AsyncIterator<unknown> = body[Symbol.asyncIterator]();
  const late = () =>
    signal.aborted ? new Error("aborted") : new ConnectionFailure(`nothing came for ${limits.stallMs / 1_000} s`);
  for (;;) {
    let part: IteratorResult<unknown>;
    try {
      part = await withTimeout(parts.next(), { ms: limits.stallMs, signal, late });
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ConnectionFailure
        ? error
        : new ConnectionFailure(`the connection broke: ${messageOf(error)}`);
    }
    if (part.done) return;
    if (part.value instanceof Uint8Array) yield part.value;
  }
}

function conditions({ etag, lastModified }: DownloadState): Readonly<Record<string, string>> {
  return {
    ...(etag === "" ? {} : { "If-None-Match": etag }),
    ...(lastModified === "" ? {} : { "If-Modified-Since": lastModified }),
  };
}

/** Forgets what has arrived. */
export async function discardDownload(file: string): Promise<void> {
  await rm(`${file}.json`, { force: true });
  await rm(file, { force: true });
}

/** What is known of a download of another process, for words about it. */
export async function downloadSoFar(
  file: string,
): Promise<{ readonly done: number; readonly total: number | undefined }> {
  return { done: await sizeOf(file), total: (await readState(file))?.bytes };
}

async function readState(file: string): Promise<DownloadState | undefined> {
  try {
    const parsed = stateSchema.safeParse(JSON.parse(await readFile(`${file}.json`, "utf8")));
    return parsed.success ? { ...parsed.data, bytes: parsed.data.bytes } : undefined;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
