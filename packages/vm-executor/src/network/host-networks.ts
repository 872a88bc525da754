// The networks of VMs on this host: makes what a NIC needs, shares what is there, takes back what nobody uses any more.
import { existsSync } from "node:fs";
import { CkeError } from "@cke/foundation/cke-error";
import type { VmNic } from "@cke/protocol";
import type { LocatedNic, Networks, NicSource, PreparedNic } from "../ports/networks.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import type { Run } from "./command-runner.ts";
import { isCkeError } from "./failures.ts";
import type { NetworkRecords, NicRecord } from "./network-records.ts";
import { NicReach } from "./nic-reach.ts";
import type { Command } from "./plan/command.ts";
import { keptForOthers } from "./plan/foreign-use.ts";
import { makeCommands, removeCommands } from "./plan/link-commands.ts";
import { deviceOf, macOf } from "./plan/nic-names.ts";
import { type NicEnd, type NicPlan, planNic } from "./plan/nic-plan.ts";
import { isPresent, keyOf, type Present, type SharedLink } from "./plan/shared-link.ts";
import { attachCommands, detachCommands, tapCommands } from "./plan/tap-commands.ts";
import { dockerNetwork, readPresent } from "./present-reader.ts";

export interface HostNetworksOptions {
  readonly run: Run;
  readonly records: NetworkRecords;
  /** Path of the network namespace in which `run` runs commands; default: this process' own. */
  readonly hostNamespace?: string;
}

export class HostNetworks implements Networks {
  readonly #run: Run;
  readonly #records: NetworkRecords;
  readonly #reach: NicReach;
  readonly #hostNamespace: string;

  constructor({ run, records, hostNamespace = `/proc/${process.pid}/ns/net` }: HostNetworksOptions) {
    this.#run = run;
    this.#records = records;
    this.#reach = new NicReach(run);
    this.#hostNamespace = hostNamespace;
  }

  async prepare(nics: readonly VmNic[], place: VmPlace, work: PortWork): Promise<readonly PreparedNic[]> {
    return this.#records.exclusively(async () => {
      const prepared: PreparedNic[] = [];
      for (const nic of nics) {
        work.progress("network", nic.name);
        prepared.push(await this.#prepareNic(nic, place, work));
      }
      return prepared;
    }, work.signal);
  }

  async check(nics: readonly VmNic[], place: VmPlace, work: PortWork): Promise<void> {
    await this.#records.exclusively(async () => {
      for (const nic of nics) {
        this.#refuse(nic, place);
        await this.#plan(nic, place, work.signal);
      }
    }, work.signal);
  }

  async attached(nics: readonly VmNic[], place: VmPlace, work: PortWork): Promise<void> {
    await this.#records.exclusively(async () => {
      for (const nic of nics) {
        const { plan, present } = await this.#plan(nic, place, work.signal);
        await this.#all(attachCommands(plan, present), work.signal);
        await this.#reach.set(nic, plan, await this.#keepReach(nic, place, work.signal), work);
      }
    }, work.signal);
  }

  locate(nic: VmNic, place: VmPlace): LocatedNic {
    const mac = nic.mac === "" ? macOf(place.uuid, nic.name) : nic.mac.toLowerCase();
    const record = this.#records.nicsOf(place).find(({ name }) => name === nic.name);
    const isItsAddress = record !== undefined && record.ip.split("/")[0] === nic.ip;
    return { mac, device: deviceOf(place.uuid, nic.name), ip: isItsAddress ? record.ip : nic.ip };
  }

  async addresses(nic: VmNic, place: VmPlace): Promise<readonly string[]> {
    return this.#reach.neighbours(this.locate(nic, place).mac);
  }

  async releaseNic(name: string, place: VmPlace): Promise<readonly string[]> {
    return await this.#release(place, (nic) => nic.name === name);
  }

  async release(place: VmPlace): Promise<readonly string[]> {
    return await this.#release(place, () => true);
  }

  /** Records what is published before it is. Resolves to the link to the guest where packets of 127.0.0.1 are to take it; or "". */
  async #keepReach(nic: VmNic, place: VmPlace, signal: AbortSignal): Promise<string> {
    const nics = this.#records.nicsOf(place);
    const known = nics.find(({ name }) => name === nic.name);
    if (known === undefined) return "";
    const ports = [...this.#reach.portKeys(nic)];
    const others = [...nics.filter(({ name }) => name !== nic.name), ...this.#records.othersThan(place.uuid)];
    this.#reach.refuseTaken(ports, nic, others);
    const way = (await this.#reach.loopbackWay(nic, signal)) ?? "";
    const isOpen = (link: string) => others.some(({ localnet }) => localnet === link);
    // What somebody else has allowed is not taken back.
    const mine = way !== "" && (known.localnet === way || isOpen(way) || !(await this.#reach.hasLocalnet(way, signal)));
    const localnet = mine ? way : "";
    if (known.localnet !== localnet) await this.#closeLocalnet(known, others);
    this.#records.keepNics(
      place,
      nics.map((one) => (one.name === nic.name ? { ...one, ports, localnet } : one)),
    );
    return way;
  }

  /** Unless another NIC needs it. The link may be gone. */
  async #closeLocalnet({ localnet }: NicRecord, others: readonly NicRecord[]): Promise<void> {
    if (localnet === "" || others.some((other) => other.localnet === localnet)) return;
    const { links } = await readPresent(this.#run, { namespaces: [], withOvs: false });
    if (links.get("")?.has(localnet)) await this.#reach.closeLocalnet(localnet);
  }

  async #prepareNic(nic: VmNic, place: VmPlace, work: PortWork): Promise<PreparedNic> {
    const ports = this.#refuse(nic, place);
    const known = this.#records.nicsOf(place).find((record) => record.name === nic.name);
    let planned = await this.#plan(nic, place, work.signal);
    if (known !== undefined && JSON.stringify(known.end) !== JSON.stringify(planned.plan.end)) {
      for (const words of await this.#takeBack([known], place)) work.warn(words);
      planned = await this.#plan(nic, place, work.signal);
    }
    const { plan, present } = planned;
    const { name, ip, device, end, shared } = plan;
    const others = this.#records.nicsOf(place).filter((record) => record.name !== nic.name);
    /** What it used, and does not any more. */
    const stale = this.#records
      .nicsOf(place)
      .filter((record) => record.name === nic.name)
      .flatMap((record) => record.shared.filter((link) => !shared.some((wanted) => keyOf(wanted) === keyOf(link))));
    const keep = (links: readonly SharedLink[]) =>
      this.#records.keepNics(place, [
        ...others,
        { name, instance: place.instance, ip, device, end, shared: [...links], ports, localnet: known?.localnet ?? "" },
      ]);
    // What is written first is taken back also when this process is killed in the middle.
    keep([...shared, ...stale]);
    await this.#make(plan, present, work.signal);
    const now = await this.#present(end, shared, work.signal);
    if (stale.length > 0) {
      const left = await this.#drop(stale, [...others, ...this.#records.othersThan(place.uuid)], now, device);
      for (const words of left) work.warn(words);
      keep(shared);
    }
    if (plan.end.kind === "ovs") await this.#reach.unshape(plan.device, work.signal);
    await this.#all(tapCommands(plan, `cke vm ${place.vm} nic ${nic.name}`, now), work.signal);
    // One for a namespace is moved, and guarded, when the guest has it open.
    if (plan.end.kind !== "bridge" || plan.end.namespace === "") await this.#reach.guard(nic, plan, work.signal);
    return {
      ...{ name: nic.name, mac: plan.mac, device: plan.device, queues: plan.queues, mtu: plan.mtu },
      source: sourceOf(plan.end),
      model: nic.model === "" ? "virtio" : nic.model,
      filter: "",
      inboundKbps: 0,
      outboundKbps: 0,
      wholeFrames: shared.some((link) => link.kind === "ovs" && link.userspace),
    };
  }

  /** Throws for what others have. Returns the ports that only one NIC of a host may have. */
  #refuse(nic: VmNic, place: VmPlace): string[] {
    if (this.#records.strangersOf(place).length > 0)
      throw new CkeError(
        "network_busy",
        `NIC ${nic.name}: another VM with the uuid ${place.uuid} has its NICs on this host: give one of them another id, or remove that one`,
      );
    const ports = [...this.#reach.portKeys(nic)];
    this.#reach.refuseTaken(ports, nic, this.#records.othersThan(place.uuid));
    return ports;
  }

  async #plan(nic: VmNic, place: VmPlace, signal: AbortSignal): Promise<{ plan: NicPlan; present: Present }> {
    const { network } = nic;
    const namespace = network?.kind === "bridge" ? network.value.namespace : "";
    const withOvs = network?.kind === "ovs";
    const present = await readPresent(this.#run, { namespaces: [namespace], withOvs }, signal);
    const docker = network?.kind === "docker" ? network.value.name : undefined;
    const found = docker === undefined ? undefined : await dockerNetwork(this.#run, docker, signal);
    const dockerNetworks = new Map(docker === undefined || found === undefined ? [] : [[docker, found]]);
    const ovsUserspace = !existsSync("/sys/module/openvswitch");
    return { plan: planNic(nic, place, { present, dockerNetworks, ovsUserspace }), present };
  }

  async #make({ end, shared }: NicPlan, first: Present, signal: AbortSignal): Promise<void> {
    let present = first;
    for (const link of shared) {
      const key = keyOf(link);
      const unfinished = this.#records.made().get(key) === "unfinished";
      if (isPresent(link, present) && !unfinished) continue;
      if (unfinished) {
        await this.#tolerantly(removeCommands(link, this.#hostNamespace));
        present = await this.#present(end, shared, signal);
      }
      // Before it is there, so that it is known as CKE's own after a kill in the middle.
      this.#records.keepMade(key, "unfinished");
      await this.#all(makeCommands(link, present), signal);
      this.#records.keepMade(key, "made");
    }
  }

  async #release(place: VmPlace, wanted: (nic: NicRecord) => boolean): Promise<readonly string[]> {
    return await this.#records.exclusively(async () =>
      this.#takeBack(this.#records.nicsOf(place).filter(wanted), place),
    );
  }

  /** In the order of its making, backwards; then its records go. What is not there is no error. Words on what stays. */
  async #takeBack(nics: readonly NicRecord[], place: VmPlace): Promise<readonly string[]> {
    const left: string[] = [];
    for (const nic of nics) {
      const present = await this.#present(nic.end, nic.shared);
      const rest = this.#records.nicsOf(place).filter(({ name }) => name !== nic.name);
      const others = [...rest, ...this.#records.othersThan(place.uuid)];
      await this.#closeLocalnet(nic, others);
      await this.#reach.clear(nic, present);
      await this.#all(detachCommands(nic.device, nic.end, present));
      const now = await this.#present(nic.end, nic.shared);
      left.push(...(await this.#drop(nic.shared, others, now, nic.device)));
      this.#records.keepNics(place, rest);
    }
    return left;
  }

  /** Removes what CKE has made and nobody else uses, the last first. Words on what stays because others use it. */
  async #drop(
    links: readonly SharedLink[],
    others: readonly NicRecord[],
    present: Present,
    device: string,
  ): Promise<readonly string[]> {
    const used = new Set(others.flatMap((other) => other.shared.map(keyOf)));
    const made = this.#records.made();
    const unused = links.filter((link) => !used.has(keyOf(link)) && made.has(keyOf(link)));
    const kept = keptForOthers(unused, present, new Set([device, ...others.map((other) => other.device)]));
    for (const link of unused.toReversed()) {
      const key = keyOf(link);
      const remove = kept.keys.has(key) ? [] : removeCommands(link, this.#hostNamespace);
      if (made.get(key) === "unfinished") await this.#tolerantly(remove);
      else if (isPresent(link, present)) await this.#all(remove);
      this.#records.keepMade(key, undefined);
    }
    return kept.words;
  }

  #present(end: NicEnd, shared: readonly SharedLink[], signal?: AbortSignal): Promise<Present> {
    const namespaces = shared.flatMap((link) => (link.kind === "namespace" ? [link.name] : []));
    return readPresent(this.#run, { namespaces, withOvs: end.kind === "ovs" }, signal);
  }

  /** For what is there in part at most. */
  async #tolerantly(commands: readonly Command[]): Promise<void> {
    for (const command of commands)
      await this.#run(command).catch((error) => {
        if (!isCkeError(error, "network_failed", "network_tool_missing")) throw error;
      });
  }

  async #all(commands: readonly Command[], signal?: AbortSignal): Promise<void> {
    for (const command of commands) await this.#run(command, signal);
  }
}

function sourceOf(end: NicEnd): NicSource {
  return end.kind === "macvtap" ? end : { kind: "tap" };
}
