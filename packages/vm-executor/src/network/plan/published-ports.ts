// Ports of the host that lead to a guest. Pure.
import { type Command, nft } from "./command.ts";

export interface PublishedPort {
  readonly hostPort: number;
  readonly guestPort: number;
  readonly protocol: "tcp" | "udp";
  /** Address of the host; empty: every one. */
  readonly hostIp: string;
}

const tableOf = (device: string) => `cke_${device}`;

/**
 * One table for each NIC. What comes to the port from outside, from other guests and from the host itself goes on to the guest, with
 * the host as its source: the guest's own way back need not lead over this host. `way`: the link that leads to the guest; where packets of
 * 127.0.0.1 may take it (`localnetCommand`), none that come by it may be for that address, as nobody else keeps them out then.
 */
export function publishCommands(
  device: string,
  address: string,
  ports: readonly PublishedPort[],
  way = "",
): readonly Command[] {
  const table = tableOf(device);
  if (ports.length === 0) return unpublishCommands(device);
  const to = ports.map(({ hostPort, guestPort, protocol, hostIp }) => {
    const where = hostIp === "" ? "fib daddr type local" : `ip daddr ${hostIp}`;
    return `    ${where} ${protocol} dport ${hostPort} dnat to ${address}:${guestPort}`;
  });
  const guests = ports.map(
    ({ guestPort, protocol }) => `    ip daddr ${address} ${protocol} dport ${guestPort} ct status dnat masquerade`,
  );
  return [
    nft(
      "",
      [
        `table ip ${table} {}`,
        `delete table ip ${table}`,
        `table ip ${table} {`,
        ...(way === ""
          ? []
          : [
              "  chain no_loopback {",
              "    type filter hook prerouting priority raw; policy accept;",
              `    iifname "${way}" ip daddr 127.0.0.0/8 counter drop`,
              "  }",
            ]),
        "  chain from_outside {",
        "    type nat hook prerouting priority -110;",
        ...to,
        "  }",
        "  chain from_here {",
        "    type nat hook output priority -110;",
        ...to,
        "  }",
        "  chain answers {",
        "    type nat hook postrouting priority 90;",
        ...guests,
        "  }",
        "}",
        "",
      ].join("\n"),
    ),
  ];
}

/** Ports at an address of loopback, or at every address. */
export const wantsLoopback = (ports: readonly PublishedPort[]): boolean =>
  ports.some(({ hostIp }) => hostIp === "" || hostIp.startsWith("127."));

/** Of the namespace that commands run in; a name may have dots, which sysctl takes for something else. */
const localnetPath = (link: string): string => `/proc/sys/net/ipv4/conf/${link}/route_localnet`;

/** Packets of 127.0.0.1 may leave by this link, and their answers come back. */
export const localnetCommand = (link: string, on: boolean): Command => ({
  argv: ["tee", localnetPath(link)],
  input: on ? "1" : "0",
});

export const readLocalnetCommand = (link: string): Command => ({ argv: ["cat", localnetPath(link)] });

export const unpublishCommands = (device: string): readonly Command[] => [
  nft("", `table ip ${tableOf(device)} {}\ndelete table ip ${tableOf(device)}\n`),
];
