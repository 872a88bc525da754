// What a virtual machine boots from and what its memory is made of, with real guests: its network (iPXE, DHCP and HTTP), and huge pages.
import { readFileSync, writeFileSync } from "node:fs";
import { guestCommandLine, tinyGuest } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "./deployment.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

const reserved = "/proc/sys/vm/nr_hugepages";
/** Of the whole machine, in MiB; 0 where its kernel has none. */
const hugePageMib = () =>
  Number(/^Hugepagesize: *(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? "0") / 1024;
const withHugePages = hugePageMib() > 0;
if (!withHugePages) console.warn("a VM with huge pages is not tested: this kernel has none (CONFIG_HUGETLBFS)");

describe.skipIf(missing !== undefined)("a virtual machine", () => {
  let machine: VmMachine;
  let deployment: Deployment;

  beforeAll(async () => {
    machine = await VmMachine.start();
    deployment = new Deployment({ name: "vmboot", machine, flags: machine.flags });
    await deployment.start();
  }, 900_000);
  afterAll(async () => {
    await deployment?.stop();
    await machine?.stop();
  });

  test("boots from its network", async () => {
    const { kernel, initrd, busybox } = await tinyGuest();
    const address = "10.9.0.1";
    const script = `#!ipxe\nkernel kernel ${guestCommandLine} cke.hostname=of-network\ninitrd initrd\nboot\n`;
    const configuration = [
      ["start 10.9.0.100", "end 10.9.0.110", "interface bootbr", "option subnet 255.255.255.0"],
      [`boot_file http://${address}/script`, "lease_file /run/cke/leases", "pidfile /run/cke/pid", ""],
    ].flat();
    // The directory is this machine's own. The servers end with it.
    await machine.sh(`
      mkdir /run/cke/boot
      cp ${kernel} /run/cke/boot/kernel
      cp ${initrd} /run/cke/boot/initrd
      printf '${script.replaceAll("\n", "\\n")}' >/run/cke/boot/script
      printf '${configuration.join("\\n")}' >/run/cke/udhcpd.conf
      ip link add bootbr type bridge
      ip address add ${address}/24 dev bootbr
      ip link set bootbr up
      touch /run/cke/leases
      setsid ${busybox} httpd -f -p ${address}:80 -h /run/cke/boot >/dev/null 2>&1 &
      setsid ${busybox} udhcpd -f /run/cke/udhcpd.conf >/run/cke/udhcpd.log 2>&1 &`);
    const before = await machine.listing();
    const vm = new VmClient(deployment, "booted");
    await vm.create({ cpus: 1, mem: 192, bootType: "network", network: { name: "bootbr", type: "bridge" } });
    await vm.until("running");
    await vm.booted(1);
    await vm.type("hostname", /of-network/);
    await vm.remove();
    await expect.poll(() => machine.listing(), { timeout: 600_000 }).toEqual(before);
  });

  test.skipIf(!withHugePages)("has huge pages, as soon as the host has some for it", async () => {
    const before = await machine.listing();
    const vm = new VmClient(deployment, "huge");
    await vm.create(await tinyVm({ hugePages: true, disk: { system: { size: 16 } } }));
    await vm.untilState("has none yet", (state) => /huge pages/.test(state?.reason ?? ""));
    const given = Number(readFileSync(reserved, "utf8"));
    const pages = 128 / hugePageMib();
    try {
      // A kernel whose memory is in pieces reserves fewer, and more when it is asked again.
      const reserve = () => {
        writeFileSync(reserved, String(given + pages));
        return Number(readFileSync(reserved, "utf8"));
      };
      await expect.poll(reserve, { timeout: 120_000, interval: 500 }).toBe(given + pages);
      // The daemon looks for their file system when it starts.
      await machine.sh("mkdir /run/cke/huge; mount -t hugetlbfs hugetlbfs /run/cke/huge");
      await machine.server.restart();
      await vm.does("POST", "plan/retry");
      await vm.until("running");
      await vm.booted(1);
      const [guest] = machine.guests();
      const huge = /^(?:Shared|Private)_Hugetlb: *131072 kB$/m;
      expect(readFileSync(`/proc/${guest?.pid}/smaps_rollup`, "utf8")).toMatch(huge);
      await vm.remove();
    } finally {
      writeFileSync(reserved, String(given));
    }
    await expect.poll(() => machine.listing(), { timeout: 600_000 }).toEqual(before);
  });
});
