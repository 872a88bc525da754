// Anti-spoofing: a guest sends only from its MAC, and from its address when it has a static one. Pure.
import { type Command, nft } from "./command.ts";

export interface Guard {
  readonly device: string;
  readonly mac: string;
  /** Without prefix length; empty: any. */
  readonly address: string;
  /** Where frames of the guest come by: what comes out of a tap, and what goes into a macvtap (Linux 5.16 and nft 1.0.1 have that). */
  readonly hook: "ingress" | "egress";
}

const tableOf = (device: string) => `cke_${device}`;

/**
 * Frames are looked at where they come out of the guest, before any bridge. With a static address the guest speaks IPv4 and ARP from
 * it and nothing else: another protocol would be a way around.
 */
export function guardCommands({ device, mac, address, hook }: Guard, namespace: string): readonly Command[] {
  const ipv4 =
    address === ""
      ? []
      : [
          `ether type arp arp saddr ip != ${address} counter drop`,
          `ether type ip ip saddr != ${address} counter drop`,
          "ether type != { arp, ip } counter drop",
        ];
  const rules = [
    `ether saddr != ${mac} counter drop`,
    `ether type arp arp saddr ether != ${mac} counter drop`,
    ...ipv4,
  ];
  const table = tableOf(device);
  return [
    nft(
      namespace,
      [
        `table netdev ${table} {}`, // so that the next line has something to remove
        `delete table netdev ${table}`,
        `table netdev ${table} {`,
        `  chain guest {`,
        `    type filter hook ${hook} device "${device}" priority -500; policy accept;`,
        ...rules.map((rule) => `    ${rule}`),
        "  }",
        "}",
        "",
      ].join("\n"),
    ),
  ];
}

export const unguardCommands = (device: string, namespace: string): readonly Command[] => [
  nft(namespace, `table netdev ${tableOf(device)} {}\ndelete table netdev ${tableOf(device)}\n`),
];

/** For Open vSwitch, whose userspace datapath takes frames before nftables sees them: flows of the port. */
export function guardFlows({ mac, address }: Guard, port: number): readonly string[] {
  const from = `in_port=${port},dl_src=${mac}`;
  const allowed =
    address === ""
      ? [
          `priority=200,arp,${from},arp_sha=${mac},actions=NORMAL`,
          `priority=190,arp,in_port=${port},actions=drop`,
          `priority=180,${from},actions=NORMAL`,
        ]
      : [
          `priority=200,arp,${from},arp_sha=${mac},arp_spa=${address},actions=NORMAL`,
          `priority=200,ip,${from},nw_src=${address},actions=NORMAL`,
        ];
  return [...allowed, `priority=100,in_port=${port},actions=drop`];
}

/** Flows of a device are found again by their cookie. */
export const cookieOf = (device: string): string => `0x${device.replace(/^ckt/, "")}`;

export function flowCommands(bridge: string, guard: Guard, port: number): readonly Command[] {
  const cookie = cookieOf(guard.device);
  const flows = guardFlows(guard, port).map((flow) => `cookie=${cookie},${flow}\n`);
  return [
    ...unflowCommands(bridge, guard.device),
    { argv: ["ovs-ofctl", "add-flows", bridge, "-"], input: flows.join("") },
  ];
}

export const unflowCommands = (bridge: string, device: string): readonly Command[] => [
  { argv: ["ovs-ofctl", "del-flows", bridge, `cookie=${cookieOf(device)}/-1`] },
];
