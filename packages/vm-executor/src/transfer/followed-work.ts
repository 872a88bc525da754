// Words of work that is under way, for a call of the channel.
import type { Clock } from "@cke/foundation";

/** Words are given at most this often. */
const wordsMs = 1_000;

/** Each new text of `words`, until the work is over. Throws what the work throws, and the signal's reason. */
export async function* followedWork(
  work: Promise<unknown>,
  words: () => string,
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let over = false;
  const end = work.finally(() => {
    over = true;
  });
  end.catch(() => {});
  let told = "";
  while (!over) {
    const now = words();
    if (now !== told) {
      told = now;
      yield told;
    }
    await Promise.race([end.catch(() => {}), clock.sleep(wordsMs, signal)]);
  }
  await end;
}
