// Queries a master's operator API over the connection that a framework has to the master.
import { messageOf } from "@cke/foundation";
import { parseJson, stringifyJson } from "../encoding/json.ts";
import type { HttpChannel, HttpTarget } from "../http/http-channel.ts";

/** What the operator API answered to `ask`. */
export type AskResult =
  | { readonly kind: "answered"; readonly body: unknown }
  | { readonly kind: "failed"; readonly reason: string };

const askTimeoutMs = 30_000;
/** Tasks of a whole large cluster. */
const maxAskBytes = 512 * 1024 * 1024;

/** `scheduler`: where the master takes a scheduler's calls. Never rejects. */
export async function askOperatorApi(
  channel: HttpChannel,
  scheduler: HttpTarget,
  type: string,
  signal: AbortSignal,
): Promise<AskResult> {
  // Beside the scheduler's path, also behind a prefix.
  const path = scheduler.path.replace(/\/scheduler$/, "");
  const answer = await channel.post({ ...scheduler, path }, stringifyJson({ type }), {
    timeoutMs: askTimeoutMs,
    signal,
    maxAnswerBytes: maxAskBytes,
  });
  if (answer.kind === "unreachable") return { kind: "failed", reason: answer.reason };
  if (answer.status !== 200) return { kind: "failed", reason: `${answer.status} ${answer.text.slice(0, 200)}` };
  try {
    return { kind: "answered", body: parseJson(answer.text) };
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}
