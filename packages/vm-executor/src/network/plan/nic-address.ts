// The address of a NIC with its prefix length. Pure.
import { BlockList, isIPv4 } from "node:net";

/** A Docker network of this host. */
export interface DockerNetwork {
  readonly driver: string;
  /** A link of this host; "" for another driver than "bridge". */
  readonly bridge: string;
  /** "10.77.0.0/24" */
  readonly subnets: readonly string[];
}

/** True for an IPv4 address with a prefix length. */
export function isNetworkAddress(text: string): boolean {
  const [address = "", prefix = "", ...rest] = text.split("/");
  return rest.length === 0 && isIPv4(address) && /^\d{1,2}$/.test(prefix) && Number(prefix) <= 32;
}

/** An address without a prefix length gets that of the subnet that has it; undefined when none has. */
export function withPrefix(ip: string, { subnets }: Pick<DockerNetwork, "subnets">): string | undefined {
  if (ip === "" || ip.includes("/")) return ip;
  const subnet = subnets.filter(isNetworkAddress).find((one) => {
    const [network = "", prefix = ""] = one.split("/");
    const block = new BlockList();
    block.addSubnet(network, Number(prefix));
    return block.check(ip);
  });
  return subnet === undefined ? undefined : `${ip}/${subnet.split("/")[1]}`;
}
