// A command that changes the host's networks. Pure; command-runner.ts runs it.

export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** Its standard input. */
  readonly input?: string;
}

/** `ip` in a namespace; empty is the host's. */
export const ip = (namespace: string, ...words: readonly string[]): Command => ({
  argv: namespace === "" ? ["ip", ...words] : ["ip", "-n", namespace, ...words],
});

export const ovs = (...words: readonly string[]): Command => ({ argv: ["ovs-vsctl", "--timeout=20", ...words] });

/** nft in a namespace. `nsenter` and not `ip netns exec`, which would lay another /sys over the present one. */
export const nft = (namespace: string, input: string): Command =>
  namespace === ""
    ? { argv: ["nft", "-f", "-"], input }
    : { argv: ["nsenter", `--net=/run/netns/${namespace}`, "nft", "-f", "-"], input };
