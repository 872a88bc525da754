// What a request to set the balancer may contain. Every problem is named with its field, all at once.
import { BlockList } from "node:net";
import type { SetBalancerRequest } from "@cke/protocol";
import { parseAddress } from "./network-address.ts";
import type { Problems } from "./request-validation.ts";

const maxTargets = 16;
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");

/** The balancer has no sign-in of its own, so only the node itself may reach it. */
export function checkBalancer({ listen, targets, healthPath }: SetBalancerRequest, problems: Problems): void {
  const address = parseAddress(listen);
  if (address === undefined || !loopback.check(address.host))
    problems.add("listen", "must be a loopback address of IPv4 and a port, like 127.0.0.1:6444");
  if (targets.length > maxTargets) problems.add("targets", `must be at most ${maxTargets}`);
  if (new Set(targets).size < targets.length) problems.add("targets", "must not have the same address twice");
  for (const [index, target] of targets.entries()) {
    if (parseAddress(target) === undefined) problems.add(`targets[${index}]`, "must be an address like 10.0.0.1:6443");
    else if (target === listen) problems.add(`targets[${index}]`, "must not be where the balancer itself listens");
  }
  if (!/^\/[\x21-\x7e]{0,200}$/.test(healthPath)) problems.add("health_path", "must be a path like /readyz");
}
