// Who may send what through a NIC, and which ports of the host lead to it.
import { CkeError } from "@cke/foundation/cke-error";
import type { VmNic } from "@cke/protocol";
import * as z from "zod";
import type { PortWork } from "../ports/vm-place.ts";
import type { Run } from "./command-runner.ts";
import { isCkeError } from "./failures.ts";
import type { NicRecord } from "./network-records.ts";
import { type Command, ip, ovs } from "./plan/command.ts";
import { flowCommands, type Guard, guardCommands, unflowCommands, unguardCommands } from "./plan/guard.ts";
import type { NicPlan } from "./plan/nic-plan.ts";
import {
  localnetCommand,
  type PublishedPort,
  publishCommands,
  readLocalnetCommand,
  unpublishCommands,
  wantsLoopback,
} from "./plan/published-ports.ts";
import { linkIn, type Present } from "./plan/shared-link.ts";

const routesSchema = z.array(z.object({ gateway: z.string().optional(), dev: z.string().optional() }));
const neighboursSchema = z.array(z.object({ dst: z.string(), lladdr: z.string().optional() }));

/** Of the namespace that commands run in. */
const forwarding: Command = { argv: ["cat", "/proc/sys/net/ipv4/ip_forward"] };

export class NicReach {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  /** What only one NIC of a host may have. */
  portKeys(nic: VmNic): readonly string[] {
    return portsOf(nic).map(({ protocol, hostPort }) => `${protocol} ${hostPort}`);
  }

  refuseTaken(ports: readonly string[], nic: VmNic, others: readonly NicRecord[]): void {
    const taken = others.flatMap((other) => other.ports).find((port) => ports.includes(port));
    if (taken !== undefined)
      throw new CkeError("port_taken", `NIC ${nic.name}: port ${taken} of this host leads to another VM already`);
  }

  /** Sets both as the definition says. The NIC's device is there. `way`: the link to the guest where packets of 127.0.0.1 take it; or "". */
  async set(nic: VmNic, plan: NicPlan, way: string, { signal, warn }: PortWork): Promise<void> {
    if (plan.end.kind === "macvtap") await this.#guardMacvtap(nic, plan, signal, warn);
    else await this.guard(nic, plan, signal);
    const ports = portsOf(nic);
    const address = addressOf(nic);
    if (ports.length > 0 && address === "") {
      warn(`NIC ${nic.name}: its ports are not published, because it has no static ip`);
      return;
    }
    if (ports.length === 0) return await this.#unlessMissing(unpublishCommands(plan.device));
    await this.#all(publishCommands(plan.device, address, ports, way), signal);
    if (way !== "") await this.#run(localnetCommand(way, true), signal);
    if ((await this.#run(forwarding, signal)).trim() === "0")
      warn(
        `NIC ${nic.name}: this host forwards nothing, so its published ports answer on the host alone: sysctl -w net.ipv4.ip_forward=1`,
      );
    if ((await this.#wayTo(address, signal)) === undefined)
      warn(
        `NIC ${nic.name}: this host has no address in the network of ${address}, so its published ports do not answer: give the bridge an address`,
      );
  }

  async clear({ device, end, ports }: NicRecord, present: Present): Promise<void> {
    if (end.kind === "ovs") {
      await this.unshape(device);
      if (present.ovsBridges.has(end.bridge)) await this.#all(unflowCommands(end.bridge, device));
    } else if (end.kind === "bridge") {
      const namespace = linkIn(present, end.namespace, device) ? end.namespace : "";
      if (end.namespace === "" || present.links.has(end.namespace))
        await this.#unlessMissing(unguardCommands(device, namespace));
    }
    if (end.kind === "macvtap") await this.#unlessMissing(unguardCommands(device, ""));
    if (ports.length > 0) await this.#unlessMissing(unpublishCommands(device));
  }

  /** Addresses that this host has seen a MAC at. */
  async neighbours(mac: string): Promise<readonly string[]> {
    const all = neighboursSchema.parse(JSON.parse((await this.#run(ip("", "-j", "neigh", "show"))).trim() || "[]"));
    return all.filter(({ lladdr }) => lladdr === mac).map(({ dst }) => dst);
  }

  /** Anti-spoofing as the definition says. The tap is where it belongs. */
  async guard(nic: VmNic, { device, mac, end }: NicPlan, signal: AbortSignal): Promise<void> {
    const guard: Guard = { device, mac, address: addressOf(nic), hook: "ingress" };
    if (end.kind === "ovs") {
      if (!nic.antiSpoofing) return this.#all(unflowCommands(end.bridge, device), signal);
      const number = ovs("wait-until", "Interface", device, "ofport>0", "--", "get", "Interface", device, "ofport");
      await this.#all(flowCommands(end.bridge, guard, Number(await this.#run(number, signal))), signal);
    } else if (end.kind === "bridge") {
      if (nic.antiSpoofing) await this.#all(guardCommands(guard, end.namespace), signal);
      else await this.#unlessMissing(unguardCommands(device, end.namespace));
    }
  }

  /** Takes the shaping of a port of Open vSwitch away, which outlives its port. */
  async unshape(device: string, signal?: AbortSignal): Promise<void> {
    const found = await this.#run(
      ovs("--bare", "--columns=_uuid", "find", "QoS", `external_ids:cke-device=${device}`),
      signal,
    );
    const shapes = found.split(/\s+/).filter((uuid) => uuid !== "");
    if (shapes.length === 0) return;
    await this.#run(
      ovs("--if-exists", "clear", "Port", device, "qos", ...shapes.flatMap((uuid) => ["--", "destroy", "QoS", uuid])),
      signal,
    );
  }

  /** The link by which packets of 127.0.0.1 have to leave for the ports of this NIC; undefined when none do. */
  async loopbackWay(nic: VmNic, signal: AbortSignal): Promise<string | undefined> {
    const address = addressOf(nic);
    if (address === "" || !wantsLoopback(portsOf(nic))) return undefined;
    const way = await this.#wayTo(address, signal);
    return way === "lo" ? undefined : way;
  }

  /** Packets of 127.0.0.1 may leave by this link already. */
  async hasLocalnet(link: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#run(readLocalnetCommand(link), signal)).trim() !== "0";
  }

  /** Before the ports' own table goes, which guards the link. */
  async closeLocalnet(link: string): Promise<void> {
    await this.#run(localnetCommand(link, false));
  }

  /** The link by which the host speaks with the address directly; undefined when it does not. */
  async #wayTo(address: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const routes = routesSchema.parse(JSON.parse(await this.#run(ip("", "-j", "route", "get", address), signal)));
      return routes.find(({ gateway }) => gateway === undefined)?.dev;
    } catch (error) {
      if (isCkeError(error, "network_failed")) return undefined; // no route at all
      throw error;
    }
  }

  /** libvirt has made the device with the guest, so its guard comes a moment after it. */
  async #guardMacvtap(
    nic: VmNic,
    { device, mac }: NicPlan,
    signal: AbortSignal,
    warn: PortWork["warn"],
  ): Promise<void> {
    if (!nic.antiSpoofing) return await this.#unlessMissing(unguardCommands(device, ""));
    const guard: Guard = { device, mac, address: addressOf(nic), hook: "egress" };
    try {
      await this.#all(guardCommands(guard, ""), signal);
    } catch (error) {
      if (!isCkeError(error, "network_failed", "network_tool_missing")) throw error;
      warn(
        `NIC ${nic.name}: anti_spoofing is not done: macvtap needs a filter of what leaves a link (nftables 1.0.1 and Linux 5.16 with CONFIG_NETFILTER_EGRESS): ${error.message}`,
      );
    }
  }

  /** Where a program is missing, there is nothing that it has made. */
  async #unlessMissing(commands: readonly Command[]): Promise<void> {
    try {
      await this.#all(commands);
    } catch (error) {
      if (!isCkeError(error, "network_tool_missing")) throw error;
    }
  }

  async #all(commands: readonly Command[], signal?: AbortSignal): Promise<void> {
    for (const command of commands) await this.#run(command, signal);
  }
}

/** Without prefix length. */
const addressOf = (nic: VmNic): string => nic.ip.split("/")[0] ?? "";

function portsOf(nic: VmNic): readonly PublishedPort[] {
  // planNic() has seen that it is tcp, udp, or not given.
  return nic.ports.map(({ hostPort, guestPort, protocol, hostIp }) => {
    return { hostPort, guestPort, protocol: protocol === "udp" ? "udp" : "tcp", hostIp };
  });
}
