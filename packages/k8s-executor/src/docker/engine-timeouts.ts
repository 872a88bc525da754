// A request that takes its time, on an engine that answers others: a busy machine, which is waited for. An engine that
// answers nothing is not.
import { settledBy } from "@cke/foundation/with-timeout";

export interface EnginePatience {
  /** Without an answer for this long the engine is asked whether it lives, and has as long for that, in ms. */
  readonly answerMs: number;
  /** No request takes longer, in ms. */
  readonly longestMs: number;
}

/** Rejects with what `late` makes when the engine does not live (`lives` rejects or is late too), or after `longestMs`. */
export async function whileItLives<T>(
  answer: Promise<T>,
  lives: () => Promise<unknown>,
  late: () => Error,
  { answerMs, longestMs }: EnginePatience,
): Promise<T> {
  for (let waitedMs = answerMs; ; waitedMs += answerMs) {
    const patience = new Error("late");
    try {
      return await settledBy(answer, { ms: answerMs, late: () => patience });
    } catch (error) {
      if (error !== patience) throw error;
    }
    if (waitedMs >= longestMs) throw late();
    await settledBy(lives(), { ms: answerMs, late }).catch(() => {
      throw late();
    });
  }
}
