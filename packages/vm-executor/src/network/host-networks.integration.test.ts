// Networks of VMs in a namespace that stands for a host: each model is made, carries frames, is shared, and is taken back.
import { afterEach, beforeEach, expect, test } from "vitest";
import { readPresent } from "./present-reader.ts";
import { NetworkLab, networkLabMissing, nic, placeOf, quietWork } from "./testing/network-lab.ts";

const missing = networkLabMissing();
if (missing !== undefined) console.warn(`tests of networks are skipped: ${missing}`);

const ends: (() => Promise<unknown> | unknown)[] = [];
let lab: NetworkLab;
let before: readonly string[];
beforeEach(async () => {
  if (missing !== undefined) return;
  lab = await NetworkLab.start();
  ends.push(() => lab.stop());
  before = await lab.listing();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const labTest = test.skipIf(missing !== undefined);

const bridged = { kind: "bridge", value: { bridge: "vmbr", address: "10.9.0.1/24" } } as const;

labTest("model 1: VMs share a bridge of the host, which goes with the last of them", async () => {
  const networks = lab.networks();
  const [one, two] = [placeOf(lab, "one"), placeOf(lab, "two")];
  const work = quietWork();
  const [first] = await networks.prepare(
    [nic({ network: bridged, ip: "10.9.0.7/24", mtu: 1400, queues: 2 })],
    one,
    work,
  );
  const [second] = await networks.prepare([nic({ network: bridged })], two, work);
  expect(first).toMatchObject({ source: { kind: "tap" }, queues: 2, mtu: 1400, model: "virtio" });
  expect(first?.mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
  expect(first?.device).not.toBe(second?.device);
  expect(networks.locate(nic({ network: bridged }), one)).toEqual({ mac: first?.mac, device: first?.device, ip: "" });
  const links = await lab.sh("ip -d link");
  expect(links).toMatch(new RegExp(`${first?.device}: .* mtu 1400 .* master vmbr`));
  expect(links).toContain("cke vm one nic eth0");
  expect(links).toContain("multi_queue");
  const made = await lab.sh("ip -o link");
  // Again, as before each start: nothing changes.
  const again = await networks.prepare([nic({ network: bridged, ip: "10.9.0.7/24", mtu: 1400, queues: 2 })], one, work);
  expect(again).toEqual([first]);
  expect(await lab.sh("ip -o link")).toBe(made);
  if (second === undefined) throw new Error("no NIC");
  const guest = await lab.guest(second.device);
  await guest.reach(second.mac, "10.9.0.8", "10.9.0.1");
  await guest.stop();
  await networks.release(one);
  expect(await lab.listing()).toContain("link vmbr");
  await networks.releaseNic("eth0", two);
  await networks.release(two);
  expect(await lab.listing()).toEqual(before);
  expect(work.warnings).toEqual([]);
});

labTest("a bridge and an uplink that were there before stay", async () => {
  await lab.sh("ip link add vmbr type bridge; ip link set vmbr up; ip link add up0 type veth peer name up1");
  const given = await lab.listing();
  const networks = lab.networks();
  const place = placeOf(lab, "one");
  const uplinked = { kind: "bridge", value: { bridge: "vmbr", uplink: "up0" } } as const;
  await networks.prepare([nic({ network: uplinked })], place, quietWork());
  expect(await lab.sh("ip link show up0")).toContain("master vmbr");
  await networks.release(place);
  expect(await lab.listing()).toEqual(given);
  expect(await lab.sh("ip link show up0")).not.toContain("master");
  const lost = { kind: "bridge", value: { bridge: "vmbr", uplink: "none0" } } as const;
  await expect(networks.prepare([nic({ network: lost })], place, quietWork())).rejects.toMatchObject({
    code: "network_missing",
    message: expect.stringContaining("uplink none0: this host has no such link"),
  });
  await networks.release(place);
  expect(await lab.listing()).toEqual(given);
});

labTest("a NIC that changes gives up what it does not use any more", async () => {
  await lab.sh("ip link add up0 type veth peer name up1");
  const given = await lab.listing();
  const networks = lab.networks();
  const place = placeOf(lab, "one");
  const of = (bridge: string, uplink = "") => nic({ network: { kind: "bridge", value: { bridge, uplink } } });
  await networks.prepare([of("vmbr", "up0")], place, quietWork());
  expect(await lab.sh("ip link show up0")).toContain("master vmbr");
  await networks.prepare([of("vmbr")], place, quietWork());
  expect(await lab.sh("ip link show up0")).not.toContain("master");
  await networks.prepare([of("other", "up0")], place, quietWork());
  expect(await lab.sh("ip link show up0")).toContain("master other");
  expect(await lab.listing()).not.toContain("link vmbr");
  await networks.release(place);
  expect(await lab.listing()).toEqual(given);
});

labTest("model 2: a bridge in a namespace of its own, with a cable to a bridge of the host", async () => {
  await lab.sh("ip link add hostbr type bridge; ip address add 10.8.0.1/24 dev hostbr; ip link set hostbr up");
  const given = await lab.listing();
  const namespace = lab.namespace();
  const networks = lab.networks();
  const place = placeOf(lab, "one");
  const inside = nic({
    network: { kind: "bridge", value: { bridge: "inner", namespace, uplink: "hostbr" } },
    ip: "10.8.0.5/24",
    antiSpoofing: true,
  });
  for (const round of [1, 2]) {
    const [prepared] = await networks.prepare([inside], place, quietWork());
    if (prepared === undefined) throw new Error("no NIC");
    // As libvirt does, it is opened in the host's namespace, and moved then.
    const guest = await lab.guest(prepared.device);
    await networks.attached([inside], place, quietWork());
    await networks.attached([inside], place, quietWork());
    expect(await lab.sh(`ip -n ${namespace} link show ${prepared.device}`), `round ${round}`).toContain("master inner");
    await guest.reach(prepared.mac, "10.8.0.5", "10.8.0.1");
    guest.answers();
    guest.ask(prepared.mac, "10.8.0.99", "10.8.0.1"); // not its address
    guest.ask("52:54:00:00:00:99", "10.8.0.5", "10.8.0.1"); // not its MAC
    await guest.reach(prepared.mac, "10.8.0.5", "10.8.0.1");
    expect(guest.answers()).toEqual(new Set(["answer 10.8.0.1 to 10.8.0.5"]));
    const drops = await lab.sh(`nsenter --net=/run/netns/${namespace} nft list table netdev cke_${prepared.device}`);
    expect([...drops.matchAll(/counter packets ([1-9]\d*) /g)]).toHaveLength(2);
    expect(await networks.addresses(inside, place)).toEqual(["10.8.0.5"]);
    await guest.stop();
  }
  await networks.release(place);
  expect(await lab.listing()).toEqual(given);
});

labTest("model 2: a link of the host is moved into the namespace, and comes back", async () => {
  await lab.sh("ip link add phys0 type veth peer name phys1; ip link set phys1 up");
  const given = await lab.listing();
  const namespace = lab.namespace();
  const networks = lab.networks();
  const [one, two] = [placeOf(lab, "one"), placeOf(lab, "two")];
  const inside = nic({ network: { kind: "bridge", value: { bridge: "inner", namespace, uplink: "phys0" } } });
  await networks.prepare([inside], one, quietWork());
  await networks.prepare([inside], two, quietWork());
  expect(await lab.sh(`ip -n ${namespace} link show phys0`)).toContain("master inner");
  await networks.release(one);
  expect(await lab.sh(`ip -n ${namespace} link show phys0`)).toContain("master inner");
  await networks.release(two);
  expect(await lab.listing()).toEqual(given);
});

labTest("model 3: macvtap on a veth parent, which several VMs share", async () => {
  const networks = lab.networks();
  const [one, two] = [placeOf(lab, "one"), placeOf(lab, "two")];
  const work = quietWork();
  const macvtap = nic({ network: { kind: "macvtap", value: { parent: "veth-vm", mode: "vepa" } }, antiSpoofing: true });
  const [prepared] = await networks.prepare([macvtap], one, work);
  await networks.prepare([macvtap], two, work);
  expect(prepared?.source).toEqual({ kind: "macvtap", parent: "veth-vm", mode: "vepa" });
  // What libvirt does with it.
  await lab.sh(`ip link add link veth-vm name ${prepared?.device} address ${prepared?.mac} type macvtap mode vepa`);
  await networks.attached([macvtap], one, work);
  if (work.warnings.length > 0) {
    // A kernel without the hook: it says so.
    expect(work.warnings).toEqual([expect.stringMatching(/anti_spoofing is not done.*CONFIG_NETFILTER_EGRESS/)]);
  } else {
    await lab.sh(`ip link set ${prepared?.device} up; ip link set veth-vm up`);
    const peer = (await lab.sh("ip -o link | sed -n 's/^[0-9]*: \\(ckp[^@]*\\)@.*/\\1/p'")).trim();
    expect(await lab.passed(prepared?.device ?? "", peer, prepared?.mac ?? "", "52:54:00:99:99:99")).toEqual([
      prepared?.mac,
    ]);
  }
  await lab.sh(`ip link delete ${prepared?.device}`);
  await networks.release(one);
  expect(await lab.listing()).toContain("link veth-vm");
  await networks.release(two);
  expect(await lab.listing()).toEqual(before);
});

labTest(
  "what an executor that is killed in the middle leaves, the next one finishes or takes back",
  { timeout: 600_000 },
  async () => {
    const networks = lab.networks();
    const place = placeOf(lab, "one");
    const namespace = lab.namespace();
    const inside = nic({
      network: { kind: "bridge", value: { bridge: "inner", namespace, address: "10.1.0.1/24", uplink: "outer" } },
    });
    await lab.sh("ip link add outer type bridge; ip link set outer up");
    const given = await lab.listing();
    /** Works until a number of commands that change something have been run. */
    const dying = (commands: number) => {
      let left = commands;
      const { run } = lab;
      return lab.networks((command, signal) => {
        if (!command.argv.includes("-j") && !command.argv.includes("-S") && left-- === 0) throw new Error("killed");
        return run(command, signal);
      });
    };
    const whole = async () => {
      const { links } = await readPresent(lab.run, { namespaces: [namespace], withOvs: false });
      const named = [...links].flatMap(([where, found]) =>
        [...found].map(([name, { type, master }]) => `${where} ${name} ${type} ${master}`),
      );
      const inNamespace = `ip -4 -n ${namespace} -o address | awk '{print $2, $4}'; ip -n ${namespace} -o link | grep -c UP`;
      return [...named.sort(), await lab.sh(inNamespace)];
    };
    await networks.prepare([inside], place, quietWork());
    const wanted = await whole();
    await networks.release(place);
    let died = true;
    for (let commands = 1; died; commands += 2) {
      died = await dying(commands)
        .prepare([inside], place, quietWork())
        .then(
          () => false,
          () => true,
        );
      await networks.prepare([inside], place, quietWork());
      expect(await whole(), `finished after ${commands} commands`).toEqual(wanted);
      await dying(commands)
        .release(place)
        .catch(() => {});
      await networks.release(place);
      expect(await lab.listing(), `taken back after ${commands} commands`).toEqual(given);
    }
  },
);
