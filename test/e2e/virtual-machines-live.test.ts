// A virtual machine that runs, as its operator uses it over the REST API: screen, serial console, changes that the guest sees, snapshots,
// what its guest agent does; and one with UEFI and a TPM.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "./deployment.ts";
import { readPicture } from "./virtual-machines/picture.ts";
import { readScreen } from "./virtual-machines/rfb.ts";
import { tinyVm, tinyVmWithAgent } from "./virtual-machines/tiny-vm.ts";
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
  const address = "10.9.0.9/24";

  beforeAll(async () => {
    machine = await VmMachine.start();
    deployment = new Deployment({ name: "vmlive", machine, flags: machine.flags });
    await deployment.start();
    before = await machine.listing();
    vm = new VmClient(deployment, "live");
    const network = { name: "vmbr", type: "bridge", ip: address };
    const body = { mem: 192, maxMem: 256, cpus: 2, disk: { system: { size: 16 } }, network };
    await vm.create(await tinyVmWithAgent(body, `cke.ip=${address}`));
    await vm.until("running");
    await vm.booted(1);
  }, 900_000);
  afterAll(async () => {
    await deployment?.stop();
    await machine?.stop();
  });

  const mountSystemDisk = () => vm.type("mount /dev/vda /mnt; echo mounted $((40+2))", /mounted 42/);

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
    // It has grown since then, and so does its clone.
    await vm.does("PATCH", "", { disk: { system: { size: 32 } } });
    await vm.type(`until grep -qx ${32 * 2_048} /sys/block/vda/size; do sleep 1; done; echo has $((31+1))`, /has 32/);
    await clone.create({ from: "live@mould" });
    const larger = new VmClient(deployment, "larger");
    const small = await vm.post({ from: "live@mould", name: "small", disk: { system: { size: 16 } } });
    expect([small.status, small.text]).toEqual([422, expect.stringContaining("never made smaller")]);
    await larger.create({ from: "live@mould", cpus: 1, mem: 128, maxMem: 128, disk: { system: { size: 40 } } });
    for (const [made, mib, cpus] of [
      [clone, 32, 2],
      [larger, 40, 1],
    ] as const) {
      await made.until("running");
      await made.booted(1);
      expect(await made.console()).toMatch(new RegExp(`disk vda bytes ${mib * 2 ** 20} .* mark \\[model\\]`));
      expect(await made.console()).toMatch(new RegExp(`guest: memory \\d+ kB cpus ${cpus}`));
      expect((await made.state())?.uuid).not.toBe((await vm.state())?.uuid);
    }
    await vm.does("DELETE", "snapshots/mould");
    for (const made of [clone, larger]) await made.remove();
  });

  test("a pause is seen, and ends", async () => {
    await vm.does("POST", "pause");
    await vm.until("paused");
    await vm.does("POST", "resume");
    await vm.until("running");
    await vm.type("echo on it goes $((40+2))", /goes 42/);
  });

  test("its agent tells addresses, file systems and the time", async () => {
    await vm.untilState("its agent answers", (now) => now?.domain?.guest_agent === true);
    await vm.type("mke2fs /dev/vda >/dev/null; echo $((40+2)) made", /42 made/);
    await mountSystemDisk();
    const guest = async (question: string) =>
      JSON.stringify(JSON.parse(await vm.text(`guest?question=${question}`)).answer);
    expect(await guest("interfaces")).toContain('"ip-address":"10.9.0.9"');
    const systems = await guest("filesystems");
    for (const part of ['"mountpoint":"/mnt"', '"name":"vda"', '"type":"ext2"']) expect(systems).toContain(part);
    const [, time = ""] = /"return":(\d+)/.exec(await guest("time")) ?? [];
    expect(Math.abs(Number(time) / 1e6 - Date.now())).toBeLessThan(3_600_000);
  });

  test("a quiesced snapshot has what the guest had not yet written to its disk", async () => {
    // The guest writes to its disk when it likes, or when it is told to hold still.
    await vm.type("sysctl -w vm.dirty_writeback_centisecs=0 >/dev/null; echo set $((40+2))", /set 42/);
    await vm.type("echo early > /mnt/words; echo wrote $((40+2))", /wrote 42/);
    expect((await vm.ask("POST", "snapshots", { name: "torn" })).status).toBe(201);
    const whole = await vm.ask("POST", "snapshots", { name: "whole", quiesce: true });
    expect([whole.status, whole.text]).toEqual([201, expect.anything()]);
    await vm.untilConsole("to be frozen and thawed", (text) => /guest: freeze[\s\S]*guest: thaw/.test(text));
    await vm.type("echo late > /mnt/words; sync; echo wrote $((40+2))", /wrote 42/);
    for (const [name, words] of [
      ["torn", "words are none"],
      ["whole", "words are early"],
    ] as const) {
      const boots = (await vm.console()).split("guest: ready").length;
      await vm.does("POST", `snapshots/${name}/revert`);
      await vm.booted(boots);
      await mountSystemDisk();
      const found = await vm.type("echo words are $(cat /mnt/words 2>/dev/null || echo none).", /words are \w+\./);
      expect([name, found]).toEqual([name, `${words}.`]);
    }
  });

  test("its agent reboots it", async () => {
    await vm.untilState("its agent answers", (now) => now?.domain?.guest_agent === true);
    const boot = await vm.bootId();
    const boots = (await vm.console()).split("guest: ready").length;
    await vm.does("POST", "reboot");
    await vm.booted(boots);
    expect(await vm.console()).toContain("guest: the agent reboots it");
    expect(await vm.bootId()).not.toBe(boot);
    await vm.until("running");
  });

  test("its agent shuts it down", async () => {
    await vm.untilState("its agent answers", (now) => now?.domain?.guest_agent === true);
    await vm.does("POST", "shutdown");
    await vm.until("finished");
    await vm.does("POST", "start");
    await vm.until("running");
    expect(await vm.console()).toContain("guest: the agent shuts it down");
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
