// The errors with which a call to ZooKeeper may end.
import zookeeper from "node-zookeeper-client";

const { Exception } = zookeeper;

/** No server answers in time, or the connection broke. The call may have been carried out. */
export class ZooKeeperUnreachable extends Error {}

/** The session's user has no right to do it. */
export class ZooKeeperDenied extends Error {}

/** Why ZooKeeper did not carry out a call. */
export type ZooKeeperRefusal = "session_ended" | "no_node" | "node_exists" | "other";

export class ZooKeeperRefused extends Error {
  readonly reason: ZooKeeperRefusal;

  constructor(reason: ZooKeeperRefusal, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.reason = reason;
  }
}

const reasons: ReadonlyMap<number, ZooKeeperRefusal> = new Map([
  [Exception.SESSION_EXPIRED, "session_ended"],
  [Exception.NO_NODE, "no_node"],
  [Exception.NODE_EXISTS, "node_exists"],
]);
const passing: ReadonlySet<number> = new Set([Exception.CONNECTION_LOSS, Exception.OPERATION_TIMEOUT]);
const denials: ReadonlySet<number> = new Set([Exception.NO_AUTH, Exception.AUTH_FAILED, Exception.INVALID_ACL]);

/** The error for a code of ZooKeeper's protocol. `where` names the servers. */
export function failureOf(code: number | undefined, where: string, words: string, cause?: unknown): Error {
  if (code === undefined || passing.has(code))
    return new ZooKeeperUnreachable(`${where} does not answer: ${words}`, { cause });
  if (denials.has(code)) return new ZooKeeperDenied(`${where}: ${words}`, { cause });
  return new ZooKeeperRefused(reasons.get(code) ?? "other", `${where}: ${words}`, { cause });
}
