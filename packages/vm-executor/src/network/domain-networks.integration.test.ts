// A domain of a real libvirt takes the NICs that are prepared for it, also again after it was killed.
import { connectLibvirt } from "@cke/libvirt";
import { LibvirtServer } from "@cke/test-servers";
import { expect, test } from "vitest";
import { nicXml } from "../domain/device-xml.ts";
import { renderXml } from "../domain/xml.ts";
import { NetworkLab, networkLabMissing, nic, placeOf, quietWork } from "./testing/network-lab.ts";

const missing = networkLabMissing() ?? LibvirtServer.missing();
if (missing !== undefined) console.warn(`a test of networks with libvirt is skipped: ${missing}`);

test.skipIf(missing !== undefined)(
  "taps of a bridge and of a namespace, with several queues, and a macvtap",
  async () => {
    const server = await LibvirtServer.start({ ownTaps: true });
    const lab = await NetworkLab.start(server.networkNamespace);
    try {
      const libvirt = await connectLibvirt(server.socketPath);
      const networks = lab.networks();
      const place = placeOf(lab, "one");
      const namespace = lab.namespace();
      const before = await lab.listing();
      const nics = [
        nic({ name: "a", network: { kind: "bridge", value: { bridge: "vmbr" } }, queues: 2, mtu: 1400 }),
        nic({ name: "b", network: { kind: "bridge", value: { bridge: "inner", namespace } } }),
        nic({ name: "c", network: { kind: "macvtap", value: { parent: "veth-vm", mode: "" } } }),
      ];
      for (const round of [1, 2]) {
        const prepared = await networks.prepare(nics, place, quietWork());
        const xml = `<domain type='qemu'><name>one</name><uuid>${place.uuid}</uuid><memory unit='MiB'>32</memory><vcpu>2</vcpu>
        <os><type arch='x86_64' machine='pc'>hvm</type></os>
        <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${prepared.map((one) => renderXml(nicXml(one))).join("")}</devices></domain>`;
        const domain = await libvirt.domains.create(xml, { paused: true });
        await networks.attached(nics, place, quietWork());
        const links = await lab.sh(`ip -o link; ip -n ${namespace} -o link`);
        const [a, b, c] = prepared.map(({ device }) => device);
        expect(links, `round ${round}`).toMatch(new RegExp(`${a}: <[^>]*LOWER_UP.* mtu 1400 .*master vmbr`));
        expect(links).toMatch(new RegExp(`${b}: <[^>]*LOWER_UP.*master inner`));
        expect(links).toContain(`${c}@veth-vm`);
        expect(await libvirt.disks.interfaceStats(domain, prepared[0]?.mac ?? "")).toMatchObject({ txErrors: 0 });
        await libvirt.domains.destroy(domain);
      }
      await networks.release(place);
      expect(await lab.listing()).toEqual(before);
      await libvirt.close();
    } finally {
      await lab.stop();
      await server.stop();
    }
  },
);
