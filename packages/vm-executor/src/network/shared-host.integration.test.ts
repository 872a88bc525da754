// What a VM shares with its host and with others: bridges that somebody else uses, and ports of the host.
import { afterEach, beforeEach, expect, test } from "vitest";
import { NetworkLab, networkLabMissing, nic, placeOf, quietWork } from "./testing/network-lab.ts";

const missing = networkLabMissing();
if (missing !== undefined) console.warn(`tests of networks are skipped: ${missing}`);

const ends: (() => Promise<unknown> | unknown)[] = [];
let lab: NetworkLab;
beforeEach(async () => {
  if (missing !== undefined) return;
  lab = await NetworkLab.start();
  ends.push(() => lab.stop());
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const labTest = test.skipIf(missing !== undefined);

const bridged = { kind: "bridge", value: { bridge: "vmbr", address: "10.9.0.1/24" } } as const;

labTest("a bridge that others use by now stays, with its uplink, and is not CKE's any more", async () => {
  await lab.sh("ip link add up0 type veth peer name up1");
  const networks = lab.networks();
  const place = placeOf(lab, "one");
  const uplinked = { kind: "bridge", value: { bridge: "vmbr", uplink: "up0", address: "10.9.0.1/24" } } as const;
  await networks.prepare([nic({ network: uplinked })], place, quietWork());
  await lab.sh("ip link add own0 type veth peer name own1; ip link set own0 master vmbr");
  const [words = "", ...more] = await networks.release(place);
  expect(words).toMatch(/bridge vmbr, which CKE has made, stays on this host.*\(own0\)/);
  expect(more).toEqual([]);
  expect(await lab.sh("ip link show up0")).toContain("master vmbr");
  expect(await lab.sh("ip address show vmbr")).toContain("10.9.0.1/24");
  const [prepared] = await networks.prepare([nic({ network: uplinked })], place, quietWork());
  expect(await lab.sh("ip link")).toContain(prepared?.device);
  await lab.sh("ip link delete own0");
  // It is somebody else's now, also without a port.
  expect(await networks.release(place)).toEqual([]);
  expect(await lab.listing()).toContain("link vmbr");
});

labTest("published ports lead to the guest, and no two VMs have the same", async () => {
  const networks = lab.networks();
  const [one, two] = [placeOf(lab, "one"), placeOf(lab, "two")];
  const web = nic({
    network: bridged,
    ip: "10.9.0.7/24",
    ports: [{ hostPort: 31_080, guestPort: 80, protocol: "tcp" }],
  });
  await networks.prepare([web], one, quietWork());
  const work = quietWork();
  await lab.sh("sysctl -qw net.ipv4.ip_forward=0");
  await networks.attached([web], one, work);
  expect(work.warnings.splice(0)).toEqual([expect.stringContaining("sysctl -w net.ipv4.ip_forward=1")]);
  await lab.sh("sysctl -qw net.ipv4.ip_forward=1");
  await networks.attached([web], one, work);
  expect(work.warnings).toEqual([]);
  await expect(networks.prepare([web], two, quietWork())).rejects.toMatchObject({ code: "port_taken" });
  // A program behind the bridge stands for the guest, another namespace for a client outside.
  const [server, client] = [lab.namespace(), lab.namespace()];
  await lab.sh(`
    ip netns add ${server}; ip link add s0 type veth peer name s1 netns ${server}
    ip link set s0 master vmbr up; ip -n ${server} address add 10.9.0.7/24 dev s1; ip -n ${server} link set s1 up
    ip netns add ${client}; ip link add c0 type veth peer name c1 netns ${client}
    ip address add 10.7.0.1/24 dev c0; ip link set c0 up
    ip -n ${client} address add 10.7.0.2/24 dev c1; ip -n ${client} link set c1 up`);
  const inside = (namespace: string, line: string) =>
    lab.run({ argv: ["nsenter", `--net=/run/netns/${namespace}`, "sh", "-ec", line] });
  await inside(
    server,
    `cd ${lab.directory}; echo hello > index.html; python3 -m http.server 80 > /dev/null 2>&1 & echo $! > ${lab.directory}/pid`,
  );
  ends.push(() => lab.sh(`kill -9 $(cat ${lab.directory}/pid)`).catch(() => {}));
  const fetched = (namespace: string) =>
    inside(namespace, "curl -s --max-time 15 http://10.7.0.1:31080/index.html").catch(() => "");
  await expect.poll(() => fetched(client)).toBe("hello\n");
  // The host itself, at an address of its own.
  expect(await lab.sh("curl -s --max-time 120 http://10.9.0.1:31080/index.html")).toBe("hello\n");
  // And at that of its loopback, for which nobody else's packets are.
  await lab.sh("ip link set lo up");
  expect(await lab.sh("curl -s --max-time 120 http://127.0.0.1:31080/index.html")).toBe("hello\n");
  expect(await lab.sh("cat /proc/sys/net/ipv4/conf/vmbr/route_localnet")).toBe("1\n");
  expect(await lab.sh("nft list ruleset")).toContain('iifname "vmbr" ip daddr 127.0.0.0/8');
  // Without the port it is as it was.
  await networks.attached([{ ...web, ports: [] }], one, work);
  expect(await lab.sh("cat /proc/sys/net/ipv4/conf/vmbr/route_localnet")).toBe("0\n");
  expect(await fetched(client)).toBe("");
  await networks.attached([web], one, work);
  await expect.poll(() => fetched(client)).toBe("hello\n");
  // What stands for the guest is a port of somebody else.
  expect(await networks.release(one)).toEqual([expect.stringMatching(/bridge vmbr.*\(s0\)/)]);
  expect(await lab.sh("cat /proc/sys/net/ipv4/conf/vmbr/route_localnet")).toBe("0\n");
  expect(await fetched(client)).toBe("");
  await lab.sh("ip link delete s0; ip link delete vmbr");
  const far = nic({ network: bridged, ip: "10.200.0.7/24", ports: [{ hostPort: 31_081, guestPort: 80 }] });
  await networks.prepare([far], two, quietWork());
  await networks.attached([far], two, work);
  expect(work.warnings).toEqual([expect.stringContaining("no address in the network of 10.200.0.7")]);
  await networks.release(two);
  expect((await lab.listing()).filter((line) => /table|vmbr|ckt/.test(line))).toEqual([]);
});
