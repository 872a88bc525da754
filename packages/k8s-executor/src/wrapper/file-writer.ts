// Writes the node's files through its wrapper. On a slow machine it tries again and again. It fails only when the wrapper refuses
// a file, or has not answered for too long.
import { Backoff, CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { mayRecover, type PutFile, type WrapperClient } from "./wrapper-client.ts";
import type { WrapperLiveness } from "./wrapper-liveness.ts";

export interface FileWriterOptions {
  readonly wrapper: Pick<WrapperClient, "putFile">;
  readonly liveness: Pick<WrapperLiveness, "heard" | "silenceMs">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** "3 of 20 files", after each one. */
  readonly onProgress: (detail: string) => void;
  /** How long the wrapper may be silent, in ms. */
  readonly silenceLimitMs: number;
  readonly signal: AbortSignal;
}

/** Files that are written at the same time. The wrapper flushes each one to the disk. */
const writers = 4;
/** Time limit of the first attempt at a file. Each further attempt has twice the time, because its flush begins anew. */
const firstAttemptMs = 60_000;
const lastAttemptMs = 600_000;

/** Throws CkeError `file_failed` in an operator's words; the signal's reason when aborted. */
export async function writeFiles(files: readonly PutFile[], options: FileWriterOptions): Promise<void> {
  const left = [...files];
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  let written = 0;
  const work = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      await writeFile(file, { ...options, signal });
      written += 1;
      options.onProgress(`${written} of ${files.length} files`);
    }
  };
  try {
    await Promise.all(Array.from({ length: writers }, work));
  } finally {
    // After the first failure the other writers stop.
    failed.abort();
  }
}

async function writeFile(file: PutFile, options: FileWriterOptions): Promise<void> {
  const { wrapper, liveness, clock, logger, silenceLimitMs, signal } = options;
  const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 });
  for (let timeoutMs = firstAttemptMs; ; timeoutMs = Math.min(lastAttemptMs, 2 * timeoutMs)) {
    signal.throwIfAborted();
    try {
      await wrapper.putFile(file, timeoutMs);
      liveness.heard();
      return;
    } catch (cause) {
      signal.throwIfAborted();
      const silentMs = liveness.silenceMs();
      if (!mayRecover(cause) || silentMs >= silenceLimitMs) {
        const since = mayRecover(cause) ? ` (no sign of life for ${Math.round(silentMs / 1_000)} s)` : "";
        const words = `${file.path} cannot be written into the node: ${messageOf(cause)}${since}`;
        throw new CkeError("file_failed", words, { cause });
      }
      logger.warning("a file is written again", { path: file.path, detail: messageOf(cause) });
      options.onProgress(`${file.path} is tried again: ${messageOf(cause)}`);
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }
}
