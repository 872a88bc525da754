// Ports of hosts that are named, which workloads of all kinds publish there. Where a unit of host "*" goes is not known before, so its
// ports are no conflict yet; Mesos gives each port of an agent once. Pure.

export interface HostPortClaim {
  /** Host name or address, as it was given; "*": any. */
  readonly host: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

export interface ClaimedPort extends HostPortClaim {
  readonly workload: string;
  /** For people: `VM "web"`. */
  readonly owner: string;
}

/** True for one port of one host that is named. */
export function isSamePort(left: HostPortClaim, right: HostPortClaim): boolean {
  if (left.host === "*" || left.host.toLowerCase() !== right.host.toLowerCase()) return false;
  return left.port === right.port && left.protocol === right.protocol;
}
