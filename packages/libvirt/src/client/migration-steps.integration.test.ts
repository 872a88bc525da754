// A migration in steps between two real daemons that know nothing of each other: memory and disks go through UNIX sockets of the test.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { LibvirtServer } from "@cke/test-servers";
import { afterEach, expect } from "vitest";
import { connectLibvirt, type DomainRef, isLibvirtError, type Libvirt, type MigrationStepOptions } from "../index.ts";
import { sharedDaemon, daemonTest as test } from "../testing/daemon.ts";
import { greeting, orders, writeSerialGuest } from "../testing/serial-guest.ts";
import { tinyDomain } from "../testing/tiny-domain.ts";
import { UnixProxy } from "../testing/unix-proxy.ts";

const daemon = sharedDaemon();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An overlay of `directory`, on a base that every host has. */
function makeDisk(directory: string): string {
  mkdirSync(directory, { recursive: true });
  writeSerialGuest(join(directory, "base.img"));
  const disk = join(directory, "disk.qcow2");
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.img", disk, "1M"]);
  return disk;
}

async function hear(console: Duplex, words: string): Promise<string> {
  let heard = "";
  for await (const chunk of console.iterator({ destroyOnReturn: false })) {
    heard += chunk;
    if (heard.includes(words)) return heard;
  }
  throw new Error(`the console ended after ${JSON.stringify(heard)}`);
}

interface Hosts {
  readonly here: Libvirt;
  readonly there: Libvirt;
  readonly target: LibvirtServer;
  readonly domain: DomainRef;
  readonly disk: string;
  /** Of the guest that moves: written to the disk, and said at its serial port. */
  readonly line: Duplex;
  readonly theirs: MigrationStepOptions;
  readonly ours: MigrationStepOptions;
}

/** A guest here that has written to its disk, a place for it there, and ways for both of its sides. */
async function hosts(): Promise<Hosts> {
  const { server, libvirt: here } = daemon();
  const target = await LibvirtServer.start();
  ends.push(() => target.stop());
  const there = await connectLibvirt(target.socketPath);
  ends.push(() => there.close());
  const tiny = tinyDomain({ memoryMib: 64 });
  const [from, to] = [server, target].map(({ directory }) => makeDisk(join(directory, tiny.name)));
  if (from === undefined || to === undefined) throw new Error("no disks");
  const withDisk = (xml: string, path: string) =>
    xml.replace(
      "</devices>",
      `<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='writeback'/><source file='${path}'/>
        <target dev='vda' bus='virtio'/></disk><serial type='pty'/><console type='pty'/></devices>`,
    );
  const domain = await here.domains.define(withDisk(tiny.xml, from));
  ends.push(async () => {
    await here.domains.destroy(domain).catch(() => {});
    await here.domains.undefine(domain).catch(() => {});
  });
  await here.domains.start(domain, { paused: true });
  const line = await here.consoles.open(domain);
  line.on("error", () => {});
  ends.push(() => line.destroy());
  await here.domains.resume(domain);
  await hear(line, greeting);
  line.write(orders.write);
  await hear(line, "+");
  const way = async (name: string) => {
    const path = join(target.directory, `${name}.sock`);
    const proxy = await UnixProxy.start(join(server.directory, `${tiny.name}-${name}.sock`), path);
    ends.push(() => proxy.stop());
    return [`unix://${proxy.path}`, `unix://${path}`] as const;
  };
  const [memory, disks] = [await way("memory"), await way("disks")];
  const xml = (await here.domains.xml(domain, { migratable: true })).replaceAll(from, to);
  const common = { copyDisks: ["vda"], incremental: true, persistDestination: true, undefineSource: true, xml };
  const persistentXml = withDisk(tiny.xml, to);
  return {
    ...{ here, there, target, domain, line, disk: to },
    ours: { ...common, persistentXml, uri: memory[0], disksUri: disks[0] },
    theirs: { ...common, uri: memory[1], disksUri: disks[1] },
  };
}

test("a guest goes on at the target, with what it has in memory and what it wrote to a disk that is not shared", async () => {
  const { here, there, target, domain, disk, ours, theirs } = await hosts();
  const begun = await here.migrationSteps.begin(domain, ours);
  expect(begun.xml).toContain(disk);
  const prepared = await there.migrationSteps.prepare(begun, theirs);
  expect(await there.domains.state(domain)).toMatchObject({ state: "paused" });
  const performed = await here.migrationSteps.perform(domain, prepared.cookie, ours);
  expect(await here.domains.state(domain)).toEqual({ state: "paused", reason: "migration" });
  const { domain: moved, cookie } = await there.migrationSteps.finish(domain, performed, theirs);
  expect(moved.uuid).toBe(domain.uuid);
  await here.migrationSteps.confirm(domain, cookie, ours);
  expect(await here.domains.byUuid(domain.uuid)).toBeUndefined();
  expect(await there.domains.state(domain)).toEqual({ state: "running", reason: "migrated" });
  expect(await there.domains.isPersistent(domain)).toBe(true);
  const line = await there.consoles.open(domain);
  line.on("error", () => {});
  ends.push(() => line.destroy());
  line.write("still here.");
  const heard = await hear(line, "still here.");
  expect(heard).not.toContain(greeting);
  await there.domains.destroy(domain);
  await expect.poll(() => target.guestPids()).toEqual([]);
  // What was written before the move is in the overlay, and the base was not copied.
  const map = execFileSync("qemu-img", ["map", "--output=json", disk]).toString();
  expect(map).toMatch(/"start": 0, "length": 65536, "depth": 0/);
  expect(map).toMatch(/"start": 65536, "length": 983040, "depth": 1/);
});

test("it goes on at the source when the target is told that it does not come, and when the connection to either breaks", async () => {
  const { here, there, target, domain, line, ours, theirs } = await hosts();
  const goesOn = async () => {
    line.write("on.");
    await hear(line, "on.");
    expect(await there.domains.byUuid(domain.uuid)).toBeUndefined();
  };
  const performed = async (target: Libvirt) => {
    const begun = await here.migrationSteps.begin(domain, ours);
    const prepared = await target.migrationSteps.prepare(begun, theirs);
    return await here.migrationSteps.perform(domain, prepared.cookie, ours);
  };
  const cookie = await performed(there);
  const cancelled = { cancelled: true };
  await there.migrationSteps.finish(domain, cookie, { ...theirs, ...cancelled }).catch((error: unknown) => {
    if (!isLibvirtError(error)) throw error;
  });
  await here.migrationSteps.confirm(domain, new Uint8Array(), { ...ours, ...cancelled });
  await goesOn();
  expect(await here.domains.state(domain)).toMatchObject({ state: "running" });

  // The target's caller dies before it says that the guest is to go on.
  const other = await connectLibvirt(target.socketPath);
  await performed(other);
  await other.close();
  await expect.poll(() => there.domains.byUuid(domain.uuid)).toBeUndefined();
  await here.migrationSteps.confirm(domain, new Uint8Array(), { ...ours, ...cancelled });
  await goesOn();
});
