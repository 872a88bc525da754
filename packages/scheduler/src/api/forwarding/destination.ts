// Decides where a request is answered: here, by the leader, or not at all for now. Pure.
// Every scheduler answers requests about its own process; the leader answers everything else.
import { CkeError } from "@cke/foundation";
import { notLeading } from "../../leadership/service-access.ts";
import type { OtherLeader, Standing } from "../../leadership/standing.ts";

/** Header of a forwarded request. A scheduler that does not lead refuses such a request instead of forwarding it again. */
export const forwardedHeader = "x-cke-forwarded-by";
/** Header of an answer from a former leader's memory: the time (ISO 8601) of its last knowledge. */
export const staleHeader = "x-cke-stale-since";

export interface Asked {
  readonly method: string;
  /** The request is about this process itself. */
  readonly local: boolean;
  /** Another scheduler has forwarded it. */
  readonly forwarded: boolean;
  /** This scheduler has forwarded it itself: the leader's address leads back here. */
  readonly returned: boolean;
  /** It asks for a WebSocket. */
  readonly upgrade: boolean;
}

export type Destination =
  | { readonly kind: "here"; readonly staleSinceMs?: number }
  | {
      readonly kind: "leader";
      readonly to: OtherLeader;
      /** The target led before; it may answer from memory only. */
      readonly memoryOnly: boolean;
    }
  | { readonly kind: "refused"; readonly error: CkeError };

const here: Destination = { kind: "here" };
const refused = (error: CkeError): Destination => ({ kind: "refused", error });

/** `ownUrl`: the address at which the other schedulers reach this one. */
export function destinationOf(asked: Asked, standing: Standing, ownUrl: string): Destination {
  if (asked.local || standing.kind === "leader") return here;
  if (standing.kind === "starting") return refused(notLeading("the scheduler is starting"));
  const { leader, lastLeader, memory } = standing;
  const read = (asked.method === "GET" || asked.method === "HEAD") && !asked.upgrade;
  if (leader === undefined && read && memory !== undefined) return { kind: "here", staleSinceMs: memory.sinceMs };
  if (asked.returned) {
    const words = "a request that this scheduler passed on to the leader's address came back to this scheduler";
    return refused(leaderAddress(words));
  }
  if (asked.forwarded) {
    return refused(notLeading("this request was passed on to a scheduler that does not lead (any more, or yet)"));
  }
  if (leader !== undefined) {
    const { url } = leader.address;
    if (url === ownUrl) {
      return refused(leaderAddress(`the leader says that it is reached at ${url}, but that is this scheduler`));
    }
    if (!isAddress(url))
      return refused(leaderAddress(`the leader says that it is reached at ${url}, which is no address`));
    return { kind: "leader", to: leader, memoryOnly: false };
  }
  if (read && lastLeader !== undefined && lastLeader.address.url !== ownUrl && isAddress(lastLeader.address.url)) {
    return { kind: "leader", to: lastLeader, memoryOnly: true };
  }
  return refused(notLeading("no scheduler leads at the moment"));
}

function isAddress(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === "http:";
}

function leaderAddress(words: string): CkeError {
  const remedy =
    "give each scheduler its own -service_host and -service_port that the others reach (an address of a load balancer will not do)";
  return new CkeError("leader_address", `${words}: ${remedy}`, { status: 502, retryable: true });
}
