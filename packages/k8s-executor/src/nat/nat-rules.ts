// The rules of a NAT gateway, as text for nft. Its own table is replaced as a whole, in one step: connections go on. Pure.
import * as z from "zod";

export interface NatRules {
  /** Range of the cluster's pods. */
  readonly pods: string;
  /** Address that they have outside. */
  readonly snat: string;
  /** In the uplink's network: they may speak BGP and BFD with the gateway. */
  readonly routers: readonly string[];
  /** Addresses outside, and where each leads: one to one, both ways. */
  readonly floating: readonly { readonly address: string; readonly target: string }[];
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
 * Floating addresses need no state: any gateway translates any packet. So these packets are not tracked, and the address of who asks stays. The
 * priorities: before connections are tracked, and where source addresses are translated. None leads to anything but a pod: the gateway's own
 * packets, and those to nodes, stay what they are.
 */
function floatingRules(floating: NatRules["floating"], pods: string): string {
  if (floating.length === 0) return "";
  const pairs = floating.map(
    ({ address, target }) => [checked(addresses, address), checked(addresses, target)] as const,
  );
  const map = (name: string, elements: readonly string[]) => `  map ${name} {
    type ipv4_addr : ipv4_addr
    elements = { ${elements.join(", ")} }
  }
`;
  const [outside, inside] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
  return `${map(
    "floating_in",
    pairs.map(([address, target]) => `${address} : ${target}`),
  )}${map(
    "floating_out",
    pairs.map(([address, target]) => `${target} : ${address}`),
  )}  chain floating_enter {
    type filter hook prerouting priority raw; policy accept;
    iifname $uplink ip daddr { ${outside.join(", ")} } notrack ip daddr set ip daddr map @floating_in
    iifname != $uplink ip saddr ${pods} ip saddr { ${inside.join(", ")} } notrack
  }
  chain floating_leave {
    type filter hook postrouting priority srcnat; policy accept;
    oifname $uplink ip saddr ${pods} ip saddr { ${inside.join(", ")} } ip saddr set ip saddr map @floating_out
  }
`;
}

/**
 * `$uplink`, the device outside, is defined by whoever loads it (cke-nat of the image). The gateway picks up connections in the middle, which
 * another gateway had before: the kernel does so by net.netfilter.nf_conntrack_tcp_loose, and keeps the port where it is free. What it takes
 * for invalid, as an answer whose question went another way, would not be translated: it must not show a pod's own address outside.
 */
export function natRules({ pods, snat, routers, floating }: NatRules): string {
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
${floatingRules(floating, inside)}  chain input {
    type filter hook input priority filter; policy accept;
    iifname != $uplink accept
    ct state { established, related } accept
    ip protocol icmp accept
${sessions}    drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname $uplink ct state { established, related } accept
    iifname $uplink ct state untracked ip daddr ${inside} accept
    iifname $uplink drop
    oifname $uplink ip saddr != ${inside} drop
    oifname $uplink ct state invalid drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname $uplink ip saddr ${inside} snat to ${outside}
  }
}
`;
}
