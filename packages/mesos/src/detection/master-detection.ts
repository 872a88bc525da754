// The detector for a `-master` address. Not part of the library's index: executors never look for masters, and what they
// do not import is not packed into them.
import { CkeError, type Clock, type Logger } from "@cke/foundation";
import { listDetector, type MasterDetector } from "./detector.ts";
import type { MasterAddress } from "./master-address.ts";
import { ZooKeeperDetector } from "./zookeeper-detector.ts";

interface MasterDetectionOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Masters that ZooKeeper names are spoken to over TLS. */
  readonly secure: boolean;
}

/** Why the ZooKeeper client could not reach a server of this address; undefined when it can. */
export function unreachableServer(address: MasterAddress): string | undefined {
  if (address.kind === "list") return undefined;
  const literal = address.servers.find(({ host }) => host.includes(":"));
  if (literal === undefined) return undefined;
  return `the ZooKeeper server [${literal.host}] must be given by its name: IPv6 addresses are not understood here`;
}

/** Throws CkeError `mesos_invalid_master_address` for what the ZooKeeper client cannot reach. */
export function masterDetector(address: MasterAddress, options: MasterDetectionOptions): MasterDetector {
  if (address.kind === "list") return listDetector(address.endpoints);
  const problem = unreachableServer(address);
  if (problem !== undefined) throw new CkeError("mesos_invalid_master_address", problem, { status: 400 });
  const { clock, logger, secure } = options;
  return new ZooKeeperDetector({ address, protocol: secure ? "https:" : "http:", clock, logger });
}
