// A rule: another instance of a node does not begin while what its executor has left, which died within the kill for that, runs on a
// host in reach. The scheduler need not wait for that host for ever, so that the rule holds for a short time only.
import { type Hosts, instanceKey, runsIn } from "../hosts/container.ts";
import { nodeOf } from "../scheduler/stored-nodes.ts";
import { Violation } from "./checker.ts";

/** The scheduler waits for a host that offers nothing for at least this long. */
export const awaitedMs = 20_000;

/** An instance of a node (`<cluster>/<node>`) whose executor has died, and where. */
export interface DeadInstance {
  readonly key: string;
  readonly instance: string;
  readonly hostname: string;
}

/** Throws a Violation. */
export function checkReplaced(
  { key, instance, hostname }: DeadInstance,
  values: ReadonlyMap<string, unknown>,
  hosts: Hosts,
): void {
  const stored = values.get(`units/${key}`);
  if (stored === undefined || nodeOf(stored).instance === instance) return;
  if (runsIn(hosts.get(hostname)?.get(instanceKey(key, instance)), instance))
    throw new Violation(`another instance of ${key} begins while the one before it runs on ${hostname}, in reach`);
}
