// Disks, devices, snapshots and block jobs at a real daemon.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import { type Domain, type DomainEvent, isLibvirtError } from "../index.ts";
import { sharedDaemon, daemonTest as test } from "../testing/daemon.ts";
import { tinyDomain } from "../testing/tiny-domain.ts";

const daemon = sharedDaemon({ ownNetwork: true });
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

let made = 0;

/** A qcow2 image of 16 MiB; `backing` is the image below it. */
function image(name: string, backing?: string): string {
  made += 1;
  const path = join(daemon().server.directory, `${made}-${name}.qcow2`);
  const below = backing === undefined ? [] : ["-F", "qcow2", "-b", backing];
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", ...below, path, "16M"]);
  return path;
}

const disk = (path: string, target = "vda", bus = "virtio") =>
  `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${path}'/><target dev='${target}' bus='${bus}'/></disk>`;

/** Starts a paused domain with devices; it ends with the test. */
async function started(devices: string, define = false): Promise<Domain> {
  const { domains } = daemon().libvirt;
  const { xml, name, uuid } = tinyDomain({ devices });
  ends.push(async () => {
    await domains.destroy({ name, uuid }).catch(() => {});
    await domains.undefine({ name, uuid }, { managedSave: true, snapshotsMetadata: true }).catch(() => {});
  });
  if (!define) return domains.create(xml, { paused: true });
  return domains.start(await domains.define(xml), { paused: true });
}

/** Events of the test so far. */
async function listened(): Promise<DomainEvent[]> {
  const seen: DomainEvent[] = [];
  ends.push(await daemon().libvirt.events.listen({ event: (event) => seen.push(event), gap: () => {} }));
  return seen;
}

test("size, figures and limits of a disk", async () => {
  const { disks, guest } = daemon().libvirt;
  const seen = await listened();
  const domain = await started(
    `${disk(image("a"))}<interface type='ethernet'><mac address='52:54:00:00:00:01'/><target dev='tap-stats'/></interface>`,
  );
  expect((await disks.info(domain, "vda")).capacity).toBe(16 * 1024 * 1024);
  await disks.resize(domain, "vda", 24 * 1024 * 1024);
  expect((await disks.info(domain, "vda")).capacity).toBe(24 * 1024 * 1024);
  const stats = await disks.stats(domain, "vda");
  expect(stats).toMatchObject({ writeBytes: 0, flushRequests: 0 });
  expect(await disks.errors(domain)).toEqual([]);
  await disks.setIoTune(
    domain,
    "vda",
    { totalBytesSec: 1_000_000, readIopsSec: 50, groupName: "slow" },
    { affect: "live" },
  );
  expect(await disks.ioTune(domain, "vda")).toMatchObject({
    totalBytesSec: 1_000_000,
    readIopsSec: 50,
    readBytesSec: 0,
    groupName: "slow",
  });
  await disks.setThreshold(domain, "vda", 4 * 1024 * 1024);
  const figures = await disks.interfaceStats(domain, "52:54:00:00:00:01");
  expect(figures).toMatchObject({ rxErrors: 0, txErrors: 0 });
  expect(await disks.interfaceStats(domain, "tap-stats")).toMatchObject({ rxErrors: 0 });
  await expect(disks.resize(domain, "vdz", 1)).rejects.toSatisfy((error) => isLibvirtError(error));
  const answer = await guest.monitorCommand(
    domain,
    JSON.stringify({
      execute: "human-monitor-command",
      arguments: { "command-line": `qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend "write 0 8M"` },
    }),
  );
  expect(answer).toMatch(/return/);
  await expect
    .poll(() => seen.flatMap((event) => (event.kind === "block-threshold" ? [[event.device, event.threshold]] : [])))
    .toContainEqual(["vda", 4 * 1024 * 1024]);
});

test("devices are attached, changed and detached, live and in the definition", async () => {
  const { devices, domains } = daemon().libvirt;
  const seen = await listened();
  const domain = await started("<controller type='usb' model='qemu-xhci'/>", true);
  const second = disk(image("b"), "sda", "usb");
  await devices.attach(domain, second, { affect: "both" });
  expect(await domains.xml(domain)).toContain("sda");
  expect(await domains.xml(domain, { inactive: true })).toContain("sda");
  await devices
    .update(domain, second.replace("<target", "<readonly/><target"), { affect: "config", force: false })
    .catch((error) => {
      if (!isLibvirtError(error)) throw error;
    });
  await devices.detach(domain, second, { affect: "config" });
  expect(await domains.xml(domain, { inactive: true })).not.toContain("sda");
  await devices.detach(domain, second, { affect: "live" });
  await expect
    .poll(() => seen.flatMap((event) => (event.kind === "device-removed" ? [event.alias] : [])))
    .toEqual(["usb-disk0"]);
  expect(seen.some((event) => event.kind === "device-added" && event.alias === "usb-disk0")).toBe(true);
  await devices.attach(domain, disk(image("c"), "sdb", "usb"), { affect: "live" });
  await devices.detachAlias(domain, "usb-disk1");
  await expect.poll(() => domains.xml(domain)).not.toContain("sdb");
  await expect(devices.detach(domain, second)).rejects.toSatisfy((error) => isLibvirtError(error));
});

test("snapshots with memory: made, listed, reverted to, deleted", async () => {
  const { snapshots, domains } = daemon().libvirt;
  const domain = await started(disk(image("d")), true);
  expect(await snapshots.current(domain)).toBeUndefined();
  const first = await snapshots.create(domain, "<domainsnapshot><name>first</name></domainsnapshot>");
  expect(first).toMatchObject({ name: "first", domain: { uuid: domain.uuid } });
  const second = await snapshots.create(domain, "<domainsnapshot><name>second</name></domainsnapshot>", {
    atomic: true,
  });
  expect((await snapshots.list(domain)).map(({ name }) => name)).toEqual(["first", "second"]);
  expect((await snapshots.current(domain))?.name).toBe("second");
  expect(await snapshots.xml(second)).toContain("<name>first</name>");
  const described = (await snapshots.xml(second)).replace("</name>", "</name><description>again</description>");
  expect(await snapshots.create(domain, described, { redefine: true })).toEqual(second);
  expect(await snapshots.xml(second)).toContain("<description>again</description>");
  expect((await snapshots.list(domain)).map(({ name }) => name)).toEqual(["first", "second"]);
  expect((await snapshots.current(domain))?.name).toBe("second");
  await snapshots.revert(first, { afterwards: "paused" });
  expect(await domains.state(domain)).toMatchObject({ state: "paused" });
  expect((await snapshots.byName(domain, "second"))?.name).toBe("second");
  await snapshots.delete(first, { children: "children-too" });
  expect(await snapshots.list(domain)).toEqual([]);
  expect(await snapshots.byName(domain, "second")).toBeUndefined();
});

test("an external snapshot is committed into the image that is named; a disk is copied, pulled and pivoted", async () => {
  const { snapshots, blockJobs, domains } = daemon().libvirt;
  const seen = await listened();
  const ready = async () => {
    await expect.poll(() => seen.some((event) => event.kind === "block-job" && event.status === "ready")).toBe(true);
    seen.length = 0;
  };
  const base = image("base");
  const top = image("top", base);
  const domain = await started(disk(top), true);
  const overlay = join(daemon().server.directory, "overlay.qcow2");
  await snapshots.create(
    domain,
    `<domainsnapshot><disks><disk name='vda' snapshot='external'><source file='${overlay}'/></disk></disks></domainsnapshot>`,
    { diskOnly: true, noMetadata: true },
  );
  expect(await domains.xml(domain)).toContain(overlay);
  await blockJobs.commit(domain, "vda", { base: top, active: true });
  await ready();
  expect(await blockJobs.info(domain, "vda")).toMatchObject({ type: "active-commit" });
  await blockJobs.abort(domain, "vda", { pivot: true });
  expect(await blockJobs.info(domain, "vda")).toBeUndefined();
  expect(await domains.xml(domain)).not.toContain(overlay);
  const copy = join(daemon().server.directory, "copy.qcow2");
  await blockJobs.copy(domain, "vda", `<disk type='file'><source file='${copy}'/><driver type='qcow2'/></disk>`, {
    transient: true,
    bandwidth: 100_000_000,
    granularity: 65_536,
  });
  await ready();
  expect(await blockJobs.info(domain, "vda")).toMatchObject({ type: "copy", bandwidth: 100_000_000 });
  await blockJobs.abort(domain, "vda", { pivot: true });
  expect(await domains.xml(domain)).toContain(copy);
  const above = join(daemon().server.directory, "above.qcow2");
  await snapshots.create(
    domain,
    `<domainsnapshot><disks><disk name='vda' snapshot='external'><source file='${above}'/></disk></disks></domainsnapshot>`,
    { diskOnly: true, noMetadata: true },
  );
  seen.length = 0;
  await blockJobs.pull(domain, "vda");
  await expect
    .poll(() =>
      seen.some((event) => event.kind === "block-job" && event.type === "pull" && event.status === "completed"),
    )
    .toBe(true);
  await expect(blockJobs.abort(domain, "vda", { async: true })).rejects.toSatisfy((error) => isLibvirtError(error));
});
