// One SUBSCRIBE to one master: sends it and sorts the answers. What to do about them is the connection's business.
import type { IncomingMessage } from "node:http";
import { type MesosEndpoint, parseRedirect } from "../detection/master-address.ts";
import { stringifyJson } from "../encoding/json.ts";
import type { HttpChannel, HttpTarget, PostOptions } from "../http/http-channel.ts";
import type { SubscribeBody } from "./scheduler-options.ts";
import { problemOfStatus, type SchedulerProblem } from "./scheduler-problem.ts";

export type SubscribeAnswer =
  | {
      readonly kind: "open";
      readonly target: HttpTarget;
      readonly response: IncomingMessage;
      readonly streamId: string | undefined;
    }
  | { readonly kind: "redirected"; readonly to: MesosEndpoint }
  /** Not the leader, not ready, or not there: another master or another moment may help. */
  | { readonly kind: "unavailable"; readonly reason: string }
  | { readonly kind: "refused"; readonly problem: SchedulerProblem };

const redirects: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/** What a master takes back as Mesos-Stream-Id. */
const streamIdForm = /^[\x21-\x7e]{1,128}$/;

/** Posts SUBSCRIBE (never with a stream id) and waits for the headers of the answer. */
export async function sendSubscribe(
  channel: HttpChannel,
  endpoint: MesosEndpoint,
  subscribe: SubscribeBody,
  options: PostOptions,
): Promise<SubscribeAnswer> {
  const { protocol, host, port, basePath } = endpoint;
  const target: HttpTarget = { protocol, host, port, path: `${basePath}/api/v1/scheduler` };
  const { id } = subscribe.framework_info;
  // The master wants the id in both places or in none.
  const call = { type: "SUBSCRIBE", ...(id === undefined ? {} : { framework_id: id }), subscribe };
  const answer = await channel.open(target, stringifyJson(call), options);
  if (answer.kind === "open") {
    const { response, streamId } = answer;
    if (streamId === undefined || streamIdForm.test(streamId)) return { kind: "open", target, response, streamId };
    answer.close();
    return { kind: "unavailable", reason: "its Mesos-Stream-Id is longer than 128 bytes or not printable" };
  }
  if (answer.kind === "unreachable") return { kind: "unavailable", reason: answer.reason };
  const { status, text, location } = answer;
  if (redirects.has(status) && location !== undefined) {
    const to = parseRedirect(location, endpoint);
    return to === undefined
      ? { kind: "unavailable", reason: `it redirects to "${location}", which cannot be used` }
      : { kind: "redirected", to };
  }
  const problem = problemOfStatus(status, text);
  if (problem !== undefined) return { kind: "refused", problem };
  return { kind: "unavailable", reason: `HTTP status ${status} ${text.trim()}`.trim() };
}

/** True when the answer of a call shows that the master does not hold this subscription, or is no longer the leader. */
export function showsStaleSubscription(status: number, text: string): boolean {
  if (redirects.has(status)) return true;
  if (status === 403) return /not subscribed/i.test(text);
  // A master that does not know the framework is another one, or has removed it: what SUBSCRIBE says decides.
  return status === 400 && /stream ID .* didn't match|framework cannot be found/is.test(text);
}
