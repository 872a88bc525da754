// A virtual machine that runs, as its operator uses it over the REST API: screen, serial console, changes that the guest sees, snapshots;
// and one with UEFI and a TPM.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "./deployment.ts";
import { readPicture } from "./virtual-machines/picture.ts";
import { readScreen } from "./virtual-machines/rfb.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);
const withTpm = existsSync("/usr/bin/swtpm");
if (!withTpm) console.warn("a VM with a TPM is not tested: no swtpm: install swtpm swtpm-tools");
const withUefi = existsSync("/usr/share/OVMF/OVMF_CODE_4M.fd");
if (!withUefi) console.warn("a VM with UEFI is not tested: no firmware: install ovmf");

describe.skipIf(missing !== undefined)("a virtual machine that runs", () => {
  let machine: VmMachine;
  let deployment: Deployment;
  let vm: VmClient;
  let before: readonly string[];

  beforeAll(async () => {
    machine = await VmMachine.start();
    deployment = new Deployment({ name: "vmlive", machine, flags: machine.flags });
    await deployment.start();
    before = await machine.listing();
    vm = new VmClient(deployment, "live");
    await vm.create(await tinyVm({ mem: 192, maxMem: 256, cpus: 2, disk: { system: { size: 16 } } }));
    await vm.until("running");
    await vm.booted(1);
  }, 900_000);
  afterAll(async () => {
    await deployment?.stop();
    await machine?.stop();
  });

  test("its serial console takes a command and answers", async () => {
    expect(await vm.type("echo 6 times 7 is $((6*7))", /is 42/)).toBe("is 42");
    expect(await vm.text("console/serial")).toContain("<html");
  });

  test("its screen: a picture that is not black, and RFB through the WebSocket", async () => {
    const picture = readPicture(await vm.bytes("screenshot"));
    const screen = await readScreen(vm.socket("console/vnc/ws"));
    console.log(`picture ${JSON.stringify(picture)}, RFB ${JSON.stringify(screen)}`);
    expect(picture.litBytes).toBeGreaterThan(500);
    expect(screen.litBytes).toBeGreaterThan(500);
    expect([screen.width, screen.height]).toEqual([picture.width, picture.height]);
    expect(screen.name).toContain("live");
    expect(await vm.text("console/vnc")).toContain("<html");
  });

  test("what is changed live is seen in the guest: memory, disks", async () => {
    const memory = async () =>
      Number(
        (
          await vm.type("echo memory is $(sed -n 's/MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)", /memory is \d+\s/)
        ).split(" ")[2],
      );
    const whole = await memory();
    const changed = JSON.parse(await vm.does("PATCH", "", { mem: 144 }));
    expect(changed).toMatchObject({ changed: ["mem"], at_next_start: [] });
    await expect.poll(memory, { timeout: 300_000, interval: 500 }).toBeLessThan(whole - 30_000);
    await vm.does("PATCH", "", { mem: 192 });
    await expect.poll(memory, { timeout: 300_000, interval: 500 }).toBe(whole);

    // The seed is one of these disks too, and which letter each has is up to the guest.
    const disks = "/sys/block/vd*/size";
    const has = (sectors: number) =>
      vm.type(
        `until grep -qx ${sectors} ${disks}; do sleep 1; done; echo a disk of $((${sectors - 1}+1)) sectors`,
        new RegExp(`a disk of ${sectors} sectors`),
      );
    await vm.does("PATCH", "", { disk: { system: { size: 24 }, data: [{ name: "more", size: 8 }] } });
    await has(49_152);
    await has(16_384);
    await vm.does("PATCH", "", { disk: { system: { size: 24 } } });
    await vm.type(
      `while grep -qx 16384 ${disks}; do sleep 1; done; echo no disk of $((16383+1)) sectors`,
      /no disk of 16384 sectors/,
    );
    expect((await vm.state())?.at_next_start).toEqual([]);
  });

  test("a snapshot is gone back to, which the guest finds on its disk", async () => {
    await vm.type("mark vda first", /guest: marked vda/);
    expect((await vm.ask("POST", "snapshots", { name: "one" })).status).toBe(201);
    await vm.type("mark vda second", /guest: marked vda/);
    expect(JSON.parse(await vm.does("GET", "snapshots"))).toMatchObject([{ name: "one", memory: false }]);
    const boots = (await vm.console()).split("guest: ready").length;
    await vm.does("POST", "snapshots/one/revert");
    await vm.booted(boots);
    const text = await vm.console();
    expect(text.slice(text.lastIndexOf("guest: boot"))).toContain("mark [first]");
    await vm.until("running");
    await vm.does("DELETE", "snapshots/one");
    expect(JSON.parse(await vm.does("GET", "snapshots"))).toEqual([]);
  });

  test("a clone of a snapshot has what the disk had then, and is another machine", async () => {
    await vm.type("mark vda model", /guest: marked vda/);
    expect((await vm.ask("POST", "snapshots", { name: "mould" })).status).toBe(201);
    await vm.type("mark vda changed", /guest: marked vda/);
    const clone = new VmClient(deployment, "cast");
    const unknown = await vm.post({ from: "live@none", name: "cast" });
    expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining("it has mould")]);
    expect((await vm.post({ from: "live", name: "cast" })).status).toBe(409);
    await clone.create({ from: "live@mould" });
    await clone.until("running");
    await clone.booted(1);
    expect(await clone.console()).toContain("mark [model]");
    expect((await clone.state())?.uuid).not.toBe((await vm.state())?.uuid);
    await vm.does("DELETE", "snapshots/mould");
    await clone.remove();
  });

  test("a pause is seen, and ends", async () => {
    await vm.does("POST", "pause");
    await vm.until("paused");
    await vm.does("POST", "resume");
    await vm.until("running");
    await vm.type("echo on it goes $((40+2))", /goes 42/);
  });

  test("it leaves nothing", async () => {
    await vm.remove();
    await expect.poll(() => machine.listing(), { timeout: 600_000 }).toEqual(before);
  });

  test.skipIf(!withUefi)("UEFI with variables of its own, and a TPM where there is one", async () => {
    const firm = new VmClient(deployment, "firm");
    await firm.create(
      await tinyVm({
        mem: 256,
        boot: { firmware: "uefi", machine: "q35" },
        devices: { tpm: withTpm },
        disk: { system: { size: 16 } },
      }),
    );
    await firm.until("running");
    await firm.booted(1);
    await firm.type("test -d /sys/firmware/efi && echo it has efi-$((1+1))", /efi-2/);
    if (withTpm) await firm.type("cat /sys/bus/acpi/devices/MSFT0101*/hid | sed 's/^/tpm is /'", /tpm is MSFT0101/);
    const { uuid } = (await firm.state()) ?? {};
    const xml = await machine.sh(`virsh dumpxml ${uuid}`);
    const [, variables] = /<nvram[^>]*>([^<]+)<\/nvram>/.exec(xml) ?? [];
    expect(variables).toContain(uuid);
    expect(await machine.sh(`stat -c %s ${variables}`)).toMatch(/^\d{6,}/);
    await firm.remove();
    await expect.poll(() => machine.listing(), { timeout: 600_000 }).toEqual(before);
  });
});
