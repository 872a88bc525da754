// Queries the operator API of the master, and of its agents, with the credentials that a framework has for the master.
import { messageOf } from "@cke/foundation";
import { parseJson, stringifyJson } from "../encoding/json.ts";
import type { HttpChannel, HttpTarget } from "../http/http-channel.ts";

/** What the operator API answered to `ask`. */
export type AskResult =
  | { readonly kind: "answered"; readonly body: unknown }
  | {
      readonly kind: "failed";
      readonly reason: string;
      /** Of an answer that is a refusal. */
      readonly status?: number;
    };

const askTimeoutMs = 30_000;
/** Tasks of a whole large cluster. */
const maxAskBytes = 512 * 1024 * 1024;
/** A list of files, or a piece of one. */
const maxAgentAnswerBytes = 16 * 1024 * 1024;

/** `scheduler`: where the master takes a scheduler's calls. Never rejects. */
export async function askOperatorApi(
  channel: HttpChannel,
  scheduler: HttpTarget,
  type: string,
  signal: AbortSignal,
): Promise<AskResult> {
  // Beside the scheduler's path, also behind a prefix.
  const path = scheduler.path.replace(/\/scheduler$/, "");
  return await query(channel, { ...scheduler, path }, { type }, signal, maxAskBytes);
}

export interface AgentAddress {
  readonly host: string;
  readonly port: number;
}

/** A call of an agent's operator API, whose name is in `type`. */
export type AgentCall = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Asks an agent of a cluster whose master speaks `protocol`. Never rejects. */
export async function askAgentApi(
  channel: HttpChannel,
  protocol: HttpTarget["protocol"],
  agent: AgentAddress,
  call: AgentCall,
  signal: AbortSignal,
): Promise<AskResult> {
  return await query(channel, { protocol, ...agent, path: "/api/v1" }, call, signal, maxAgentAnswerBytes);
}

async function query(
  channel: HttpChannel,
  target: HttpTarget,
  call: unknown,
  signal: AbortSignal,
  maxAnswerBytes: number,
): Promise<AskResult> {
  const answer = await channel.post(target, stringifyJson(call), { timeoutMs: askTimeoutMs, signal, maxAnswerBytes });
  if (answer.kind === "unreachable") return { kind: "failed", reason: answer.reason };
  if (answer.status !== 200) {
    const reason = `${answer.status} ${answer.text.slice(0, 200)}`.trim();
    return { kind: "failed", reason, status: answer.status };
  }
  try {
    return { kind: "answered", body: parseJson(answer.text) };
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}
