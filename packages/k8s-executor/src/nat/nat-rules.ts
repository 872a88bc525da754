// The rules of a NAT gateway, as text for nft. Its own table is replaced as a whole, in one step: connections go on. Pure.
import * as z from "zod";

export interface NatRules {
  /** Range of the cluster's pods. */
  readonly pods: string;
  /** Address that they have outside. */
  readonly snat: string;
  /** In the uplink's network: they may speak BGP and BFD with the gateway. */
  readonly routers: readonly string[];
}

/** Name of the table; what others put into other tables stays. */
export const natTable = "cke_nat";

const addresses = z.ipv4();
const ranges = z.cidrv4();

/** The value itself. Throws RangeError for anything else, which could be read as further statements. */
function checked(schema: z.ZodType<string>, text: string): string {
  if (!schema.safeParse(text).success) throw new RangeError(`"${text}" is no IPv4 address or range`);
  return text;
}

/**
 * `$uplink`, the device outside, is defined by whoever loads it (cke-nat of the image). The gateway picks up connections in the middle, which
 * another gateway had before: the kernel does so by net.netfilter.nf_conntrack_tcp_loose, and keeps the port where it is free.
 */
export function natRules({ pods, snat, routers }: NatRules): string {
  const [inside, outside] = [checked(ranges, pods), checked(addresses, snat)];
  const speakers = routers.map((router) => checked(addresses, router)).join(", ");
  const sessions =
    speakers === ""
      ? ""
      : `    ip saddr { ${speakers} } tcp dport 179 accept
    ip saddr { ${speakers} } udp dport { 3784, 3785, 4784 } accept
`;
  return `table ip ${natTable}
delete table ip ${natTable}
table ip ${natTable} {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname != $uplink accept
    ct state { established, related } accept
    ip protocol icmp accept
${sessions}    drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname $uplink ct state { established, related } accept
    iifname $uplink drop
    oifname $uplink ip saddr != ${inside} drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname $uplink ip saddr ${inside} snat to ${outside}
  }
}
`;
}
