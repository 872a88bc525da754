// Disks and a seed as a real guest sees them: on a private libvirt daemon, without the rest of the executor.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@cke/foundation";
import { connectLibvirt, type Libvirt } from "@cke/libvirt";
import { VmBoot, VmDisk, VmNic, VmSeed } from "@cke/protocol";
import { guestCommandLine, guestDirectory, LibvirtServer, tinyGuest } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StoreFixture } from "../images/testing/store-fixture.ts";
import type { PreparedDisk } from "../ports/disks.ts";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import { VmSeeds } from "../seed/vm-seeds.ts";
import { VmDisks } from "./vm-disks.ts";

const missing = LibvirtServer.missing();
if (missing !== undefined) process.stderr.write(`skipped: a guest with disks and a seed: ${missing}\n`);
/** A guest boots in five seconds, and on a starved machine in minutes. */
const patience = { timeout: 600_000 };

describe.skipIf(missing !== undefined)("a guest", () => {
  const uuid = "5e1d0c0e-0000-4000-8000-0000000000aa";
  let server: LibvirtServer;
  let libvirt: Libvirt;
  let fixture: StoreFixture;
  beforeAll(async () => {
    fixture = new StoreFixture();
    server = await LibvirtServer.start();
    libvirt = await connectLibvirt(server.socketPath);
  });
  afterAll(async () => {
    await libvirt?.close();
    await server?.stop();
    fixture?.remove();
  });

  test("boots from its kernel, sees its disks and reads its seed; disks keep their content and grow", {
    timeout: 900_000,
  }, async () => {
    const guest = await tinyGuest();
    const directory = join(fixture.directory, "vms/tiny.i1");
    const place = { vm: "tiny", uuid, instance: "i1", directory, runDirectory: directory };
    const disks = new VmDisks({
      images: fixture.store({ imagePath: guestDirectory() }),
      qemuImg: new QemuImg(),
      host: "here",
      diskPaths: [],
    });
    const boot = VmBoot.create({ type: "kernel", kernel: `file://${guest.kernel}`, initrd: `file://${guest.initrd}` });
    const kernel = await disks.prepareKernel(boot, place, fixture.work);
    const wanted = (sizeMib: number) => [
      VmDisk.create({ name: "root", role: "system", sizeMib, serial: "first" }),
      // Any file will do as an image; this one is there.
      VmDisk.create({
        name: "data",
        image: { source: `file://${guest.kernel}`, sha256: "", format: "raw" },
        sizeMib: 32,
      }),
    ];
    const made = await disks.prepare(wanted(16), place, fixture.work);
    const nics = [{ nic: VmNic.create({ name: "lan", ip: "10.77.0.9/24" }), mac: "52:54:00:00:00:09" }];
    const seed = VmSeed.create({ hostname: "tiny-one", user: "me", userData: true });
    const secrets = new Map([["user-data", Buffer.from("#cloud-config\nwrite_files: []\n")]]);
    const seedPath = await new VmSeeds(systemClock).write({ seed, nics, secrets, place });

    const run = async (
      count: number,
      prepared: readonly PreparedDisk[],
      commands: readonly string[],
    ): Promise<string> => {
      const log = join(fixture.directory, `console-${count}`);
      const domain = await libvirt.domains.create(domainXml(kernel, prepared, seedPath, log));
      await expect.poll(() => readText(log), patience).toContain("guest: ready");
      const serial = await libvirt.consoles.open(domain, { device: "serial0" });
      for (const command of commands) {
        serial.write(`${command}; echo "done" ${command.length}\n`);
        await expect.poll(() => readText(log), patience).toContain(`done ${command.length}`);
      }
      serial.destroy();
      await libvirt.domains.destroy(domain);
      return readText(log).replaceAll("\r", "");
    };

    const first = await run(1, made, ["mark vda first words"]);
    expect(first).toContain(`guest: disk vda bytes ${16 * 2 ** 20} serial [first] mark []`);
    expect(first).toContain(`guest: disk vdb bytes ${32 * 2 ** 20}`);
    const section = (name: string) =>
      new RegExp(`guest: seed ${name} begins\n([\\s\\S]*?)\n*guest: seed ${name} ends`).exec(first)?.[1];
    expect(section("user-data")).toBe("#cloud-config\nwrite_files: []");
    expect(section("meta-data")).toBe(`instance-id: ${uuid}\nlocal-hostname: tiny-one`);
    expect(section("network-config")).toContain("- 10.77.0.9/24");

    const second = await run(2, await disks.prepare(wanted(24), place, fixture.work), []);
    expect(second).toContain(`guest: disk vda bytes ${24 * 2 ** 20} serial [first] mark [first words]`);
    await disks.remove(place);
    expect(server.guestPids()).toEqual([]);
  });

  const readText = (path: string) => {
    try {
      return readFileSync(path, "latin1");
    } catch {
      return "";
    }
  };

  function domainXml(
    kernel: { readonly kernel: string; readonly initrd: string },
    disks: readonly PreparedDisk[],
    seed: string,
    log: string,
  ): string {
    const disk = ({ format, name, path }: PreparedDisk, position: number) =>
      `<disk type='file' device='disk'><driver name='qemu' type='${format}'/><source file='${path}'/>
        <target dev='vd${"abc"[position]}' bus='virtio'/>${name === "root" ? "<serial>first</serial>" : ""}</disk>`;
    return `<domain type='qemu'><name>tiny</name><uuid>${uuid}</uuid><memory unit='MiB'>160</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='pc'>hvm</type><kernel>${kernel.kernel}</kernel><initrd>${kernel.initrd}</initrd>
        <cmdline>${guestCommandLine}</cmdline></os>
      <features><acpi/></features>
      <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${disks.map(disk).join("")}
        <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${seed}'/><target dev='vdz' bus='virtio'/><readonly/></disk>
        <serial type='pty'><log file='${log}'/></serial></devices></domain>`;
  }
});
