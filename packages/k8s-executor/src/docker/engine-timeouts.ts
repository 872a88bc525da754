// How long a request to the Docker engine may take. A busy machine is slow but answers a ping: then the request may go on. An
// engine that does not answer a ping either has failed.
import { withTimeout } from "@cke/foundation";

export interface EngineTimeouts {
  /** A request that has no answer for this long is followed by a ping, which has as long for its own answer. In ms. */
  readonly answerMs: number;
  /** No request takes longer, in ms. */
  readonly longestMs: number;
}

/** Rejects with what `late` makes when the engine does not answer (`ping` rejects or is late too), or after `longestMs`. */
export async function whileEngineAnswers<T>(
  answer: Promise<T>,
  ping: () => Promise<unknown>,
  late: () => Error,
  { answerMs, longestMs }: EngineTimeouts,
): Promise<T> {
  for (let waitedMs = answerMs; ; waitedMs += answerMs) {
    const elapsed = new Error("late");
    try {
      return await withTimeout(answer, { ms: answerMs, late: () => elapsed });
    } catch (error) {
      if (error !== elapsed) throw error;
    }
    if (waitedMs >= longestMs) throw late();
    await withTimeout(ping(), { ms: answerMs, late }).catch(() => {
      throw late();
    });
  }
}
