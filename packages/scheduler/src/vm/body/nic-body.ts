// NICs and their networks in bodies, each read alone. `model` may name a model of network or a model of device: the words differ.
import { z } from "zod";
import { parseAddress } from "../../workload/body/address-block.ts";
import { partName } from "./disk-body.ts";
import { type NetworkType, type NicSpec, networkTypes, type PortSpec } from "./vm-spec.ts";

const deviceModels = ["virtio", "e1000e", "e1000", "rtl8139", "vmxnet3", "igb"] as const;
type DeviceModel = (typeof deviceModels)[number];
const isDevice = (text: string): text is DeviceModel => deviceModels.some((one) => one === text);
const isNetworkType = (text: string): text is NetworkType => networkTypes.some((one) => one === text);

const linkName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "letters, digits, _ . and -")
  .max(63, "at most 63 characters");

const address = z.string().refine((text) => parseAddress(text) !== undefined, "an IPv4 address like 10.77.0.9");
const prefixed = "an IPv4 address with its prefix length, like 10.77.0.9/24";
const isPrefixed = (text: string) => {
  const [ip = "", prefix = "", ...rest] = text.split("/");
  return parseAddress(ip) !== undefined && rest.length === 0 && /^([1-9]|[12]\d|3[0-2])$/.test(prefix);
};
export const addressInBlock = z.string().refine(isPrefixed, prefixed);

const macWords = "a unicast MAC address like 52:54:00:12:34:56";
/** The lowest bit of the first byte marks a group; the address of zeros belongs to nobody. */
const mac = z
  .string()
  .transform((text) => text.toLowerCase().replaceAll("-", ":"))
  .refine((text) => /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(text) && text !== "00:00:00:00:00:00", macWords);

const portWords = 'ports like "8080:80" or "5353:53/udp" (host:guest), or an object with hostPort and guestPort';
const portNumber = z
  .int("a port from 1 to 65535")
  .min(1, "a port from 1 to 65535")
  .max(65_535, "a port from 1 to 65535");
export const portBody = z.object(
  {
    hostPort: portNumber,
    guestPort: portNumber,
    protocol: z.enum(["tcp", "udp"]).default("tcp"),
    hostIp: address.optional(),
  },
  portWords,
);

/** "8080:80/tcp" → its parts; any other value as it is. */
function portParts(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const [, hostPort, guestPort, protocol = "tcp"] = /^(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/i.exec(value) ?? [];
  if (hostPort === undefined) return value;
  return { hostPort: Number(hostPort), guestPort: Number(guestPort), protocol: protocol.toLowerCase() };
}
const port = z.preprocess(portParts, portBody);
export const portsBody = z.array(port);

const kbps = z.int().min(0).max(400_000_000).default(0);

export const nicBody = z.object({
  nic: partName.optional(),
  name: linkName,
  type: z.enum(networkTypes, networkTypes.join(", ")).optional(),
  model: z.enum([...deviceModels, ...networkTypes]).optional(),
  namespace: linkName.optional(),
  uplink: linkName.optional(),
  vlan: z.int("a VLAN from 1 to 4094").min(1, "a VLAN from 1 to 4094").max(4_094, "a VLAN from 1 to 4094").optional(),
  address: addressInBlock.optional(),
  mode: z.enum(["bridge", "private", "vepa", "passthru"]).optional(),
  ingressKbps: kbps,
  egressKbps: kbps,
  mac: mac.optional(),
  ip: z.union([z.literal(""), addressInBlock, address], prefixed).optional(),
  gateway: address.optional(),
  dns: z.array(address).max(8).default([]),
  queues: z.int().min(1).max(64).default(1),
  mtu: z
    .int("an MTU from 576 to 9216")
    .min(576, "an MTU from 576 to 9216")
    .max(9_216, "an MTU from 576 to 9216")
    .optional(),
  antiSpoofing: z.boolean().default(false),
  ports: portsBody.default([]),
});
export type NicBody = z.infer<typeof nicBody>;

const portSpec = ({ hostIp = "", ...rest }: z.infer<typeof portBody>): PortSpec => ({ ...rest, hostIp });

/** `index`: its place in the VM. `more`: ports that the body has apart. */
export function nicSpec(body: NicBody, index: number, more: readonly z.infer<typeof portBody>[] = []): NicSpec {
  const { model = "virtio", namespace } = body;
  const byModel = isNetworkType(model) ? model : undefined;
  const type = body.type ?? byModel ?? (namespace === undefined ? "bridge" : "netns");
  return {
    nic: body.nic ?? `eth${index}`,
    type,
    network: body.name,
    namespace: namespace ?? (type === "netns" ? `cke-${body.name}` : ""),
    uplink: body.uplink ?? "",
    vlan: body.vlan ?? 0,
    address: body.address ?? "",
    mode: body.mode ?? "",
    ingressKbps: body.ingressKbps,
    egressKbps: body.egressKbps,
    mac: body.mac ?? "",
    ip: body.ip ?? "",
    gateway: body.gateway ?? "",
    dns: body.dns,
    model: isDevice(model) ? model : "virtio",
    queues: body.queues,
    mtu: body.mtu ?? 0,
    antiSpoofing: body.antiSpoofing,
    ports: [...body.ports, ...more].map(portSpec),
  };
}
