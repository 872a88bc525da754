// Why there is no channel, or why a stream of one ended. Every code is stable; each says what an operator can do.
import { CkeError } from "@cke/foundation";
import type { StreamError } from "@cke/protocol";
import type { ChannelUnit } from "./unit.ts";

/** The leadership under which the channels were opened is over. */
export function leadershipOver(): CkeError {
  return new CkeError(
    "not_leader",
    "this scheduler leads no longer; ask again, and the new leader opens a new channel",
    {
      status: 503,
      retryable: true,
    },
  );
}

/** Nothing has come from the executor. */
export function executorSilent({ name }: ChannelUnit, seconds: number): CkeError {
  const words = `the executor of ${name} did not answer within ${seconds} s: its agent may be out of reach, or Mesos may lose its messages; try again when the state of the node says that its agent is there`;
  return new CkeError("executor_silent", words, { status: 504, retryable: true });
}

/** It answers, and does not know channels. */
export function executorOutdated({ name }: ChannelUnit): CkeError {
  const words = `the executor of ${name} was started by a version of CKE that knows no channels; it knows them after the next launch of the node (stop and start it; for a master, the cluster)`;
  return new CkeError("executor_outdated", words, { status: 409 });
}

export const executorReplacedCode = "executor_replaced";

/** It was asked for a channel, and runs the unit no longer. */
export function executorReplaced({ name }: ChannelUnit): CkeError {
  const words = `the executor of ${name} ended while it was asked for a channel; ask again when the state of the node says that it runs`;
  return new CkeError(executorReplacedCode, words, { status: 503, retryable: true });
}

/** It was told where to dial, and no dial has come. */
export function notDialled({ name }: ChannelUnit, url: string, reason: string): CkeError {
  const why = reason === "" ? "it has not dialled in time" : reason;
  const words = `the executor of ${name} cannot open a channel to ${url}: ${why}; its agent must reach that address (-service_host and -service_port)`;
  return new CkeError("channel_unreachable", words, { status: 502, retryable: true });
}

/** The connection broke. */
export function channelLost({ name }: ChannelUnit, reason: string): CkeError {
  const words = `the connection to the executor of ${name} is lost: ${reason}; ask again for a new one`;
  return new CkeError("channel_lost", words, { status: 502, retryable: true });
}

export function tooManyStreams({ name }: ChannelUnit, limit: number): CkeError {
  const words = `${name} has ${limit} streams open (terminals, files, tunnels), and no more are allowed at a time; close some, then ask again`;
  return new CkeError("too_many_streams", words, { status: 429, retryable: true });
}

const statuses: Readonly<Record<string, number>> = {
  invalid_argument: 400,
  out_of_range: 416,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 409,
  resource_exhausted: 429,
  unimplemented: 501,
  unavailable: 502,
  deadline_exceeded: 504,
  // Of executors of VMs: other work lasts that excludes this one, or the guest is, or may be, on another host.
  vm_busy: 409,
  guest_away: 409,
};

/** Refusals that another attempt may not meet. */
const passing: ReadonlySet<string> = new Set(["resource_exhausted", "unavailable", "vm_busy"]);

/** What the executor, or what it asked in the unit, said. */
export function streamFailure({ code, message }: StreamError): CkeError {
  const status = statuses[code] ?? 502;
  const known = code in statuses ? code : "stream_failed";
  return new CkeError(known, message === "" ? "the stream failed without a reason" : message, {
    status,
    retryable: passing.has(code) || !(code in statuses),
  });
}

/** Whoever asked has gone away. */
export function cancelled(): CkeError {
  return new CkeError("cancelled", "whoever asked has gone away", { status: 499 });
}
