// kill -9 of a real daemon in the middle of every kind of call. The daemon is stopped when the call is sent, so that it is surely
// under way when the daemon dies.
import { messageOf } from "@cke/foundation/cke-error";
import { afterEach, expect } from "vitest";
import { type Domain, type Libvirt, LibvirtConnectionError, type SnapshotRef } from "../index.ts";
import { sharedDaemon, daemonTest as test } from "../testing/daemon.ts";
import { tinyDomain } from "../testing/tiny-domain.ts";

const daemon = sharedDaemon();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const disk = "<disk/>";
const nothingYet = new Uint8Array();

/** One of each call, by its place in the client. */
function allCalls(
  libvirt: Libvirt,
  domain: Domain,
): Readonly<Record<string, Readonly<Record<string, () => Promise<unknown>>>>> {
  const snapshot: SnapshotRef = { domain, name: "s" };
  const pool = { name: "p", uuid: domain.uuid };
  const volume = { pool: "p", name: "v", key: "/v" };
  const element = { kind: "element", uri: "http://cke.test", key: "cke" } as const;
  const { domains, devices, sizing, disks, blockJobs, snapshots, savedState } = libvirt;
  const { migration, migrationSteps, guest, consoles, host, filters, volumes } = libvirt;
  const nothing = { event: () => {}, gap: () => {} };
  return {
    domains: {
      list: () => domains.list(),
      byUuid: () => domains.byUuid(domain.uuid),
      byName: () => domains.byName(domain.name),
      define: () => domains.define(tinyDomain().xml),
      undefine: () => domains.undefine(domain),
      create: () => domains.create(tinyDomain().xml, { paused: true }),
      start: () => domains.start(domain),
      destroy: () => domains.destroy(domain),
      shutdown: () => domains.shutdown(domain),
      reboot: () => domains.reboot(domain),
      reset: () => domains.reset(domain),
      suspend: () => domains.suspend(domain),
      resume: () => domains.resume(domain),
      xml: () => domains.xml(domain),
      state: () => domains.state(domain),
      info: () => domains.info(domain),
      isPersistent: () => domains.isPersistent(domain),
      autostart: () => domains.autostart(domain),
      setAutostart: () => domains.setAutostart(domain, true),
      metadata: () => domains.metadata(domain, element),
      setMetadata: () => domains.setMetadata(domain, element, "<a/>"),
    },
    devices: {
      attach: () => devices.attach(domain, disk),
      detach: () => devices.detach(domain, disk),
      detachAlias: () => devices.detachAlias(domain, "net0"),
      update: () => devices.update(domain, disk),
    },
    sizing: {
      vcpus: () => sizing.vcpus(domain),
      setVcpus: () => sizing.setVcpus(domain, 1),
      setMemory: () => sizing.setMemory(domain, 1_024),
      memoryStats: () => sizing.memoryStats(domain),
      setMemoryStatsPeriod: () => sizing.setMemoryStatsPeriod(domain, 1),
      schedulerParameters: () => sizing.schedulerParameters(domain),
      setSchedulerParameters: () => sizing.setSchedulerParameters(domain, { cpuShares: 100 }),
      memoryParameters: () => sizing.memoryParameters(domain),
      setMemoryParameters: () => sizing.setMemoryParameters(domain, { hardLimitKib: 1_000_000 }),
    },
    disks: {
      resize: () => disks.resize(domain, "vda", 1),
      info: () => disks.info(domain, "vda"),
      stats: () => disks.stats(domain, "vda"),
      errors: () => disks.errors(domain),
      ioTune: () => disks.ioTune(domain, "vda"),
      setIoTune: () => disks.setIoTune(domain, "vda", { totalBytesSec: 1 }),
      setThreshold: () => disks.setThreshold(domain, "vda", 1),
      interfaceStats: () => disks.interfaceStats(domain, "vnet0"),
    },
    blockJobs: {
      copy: () => blockJobs.copy(domain, "vda", disk),
      commit: () => blockJobs.commit(domain, "vda", { base: "/base" }),
      pull: () => blockJobs.pull(domain, "vda"),
      abort: () => blockJobs.abort(domain, "vda"),
      info: () => blockJobs.info(domain, "vda"),
    },
    snapshots: {
      create: () => snapshots.create(domain, "<domainsnapshot/>"),
      list: () => snapshots.list(domain),
      byName: () => snapshots.byName(domain, "s"),
      current: () => snapshots.current(domain),
      xml: () => snapshots.xml(snapshot),
      revert: () => snapshots.revert(snapshot),
      delete: () => snapshots.delete(snapshot),
    },
    savedState: {
      save: () => savedState.save(domain, "/nonexistent/state"),
      restore: () => savedState.restore("/nonexistent/state"),
      xml: () => savedState.xml("/nonexistent/state"),
      managedSave: () => savedState.managedSave(domain),
      hasManagedSave: () => savedState.hasManagedSave(domain),
      removeManagedSave: () => savedState.removeManagedSave(domain),
      dump: () => savedState.dump(domain, "/nonexistent/dump"),
    },
    migration: {
      migrate: () => migration.migrate(domain, "qemu+unix:///system?socket=/nonexistent"),
      setMaxDowntime: () => migration.setMaxDowntime(domain, 1),
      setMaxSpeed: () => migration.setMaxSpeed(domain, 1),
      startPostCopy: () => migration.startPostCopy(domain),
      abortJob: () => migration.abortJob(domain),
      jobStats: () => migration.jobStats(domain),
    },
    migrationSteps: {
      begin: () => migrationSteps.begin(domain),
      prepare: () => migrationSteps.prepare({ cookie: nothingYet, xml: "<domain/>" }),
      perform: () => migrationSteps.perform(domain, nothingYet),
      finish: () => migrationSteps.finish(domain, nothingYet, { cancelled: true }),
      confirm: () => migrationSteps.confirm(domain, nothingYet, { cancelled: true }),
    },
    guest: {
      agentCommand: () => guest.agentCommand(domain, "{}"),
      setResponseTimeout: () => guest.setResponseTimeout(domain, 5),
      monitorCommand: () => guest.monitorCommand(domain, "{}"),
      freeze: () => guest.freeze(domain),
      thaw: () => guest.thaw(domain),
      trim: () => guest.trim(domain),
      fileSystems: () => guest.fileSystems(domain),
      interfaces: () => guest.interfaces(domain, "agent"),
      hostname: () => guest.hostname(domain),
      time: () => guest.time(domain),
      setTime: () => guest.setTime(domain, 0),
      setUserPassword: () => guest.setUserPassword(domain, "a", "b"),
      sendKey: () => guest.sendKey(domain, [28]),
    },
    consoles: {
      open: () => consoles.open(domain),
      openChannel: () => consoles.openChannel(domain, "c"),
      screenshot: () => consoles.screenshot(domain),
    },
    host: {
      libvirtVersion: () => host.libvirtVersion(),
      hypervisorVersion: () => host.hypervisorVersion(),
      hostname: () => host.hostname(),
      uri: () => host.uri(),
      nodeInfo: () => host.nodeInfo(),
      freeMemory: () => host.freeMemory(),
      capabilities: () => host.capabilities(),
      domainCapabilities: () => host.domainCapabilities(),
    },
    filters: {
      define: () => filters.define("<filter/>"),
      undefine: () => filters.undefine(pool),
      byName: () => filters.byName("f"),
      xml: () => filters.xml(pool),
      list: () => filters.list(),
    },
    volumes: {
      createPool: () => volumes.createPool("<pool/>"),
      poolByName: () => volumes.poolByName("p"),
      refreshPool: () => volumes.refreshPool(pool),
      stopPool: () => volumes.stopPool(pool),
      list: () => volumes.list(pool),
      create: () => volumes.create(pool, "<volume/>"),
      byPath: () => volumes.byPath("/v"),
      info: () => volumes.info(volume),
      delete: () => volumes.delete(volume),
      upload: () => volumes.upload(volume),
      download: () => volumes.download(volume),
    },
    events: { listen: () => libvirt.events.listen(nothing, { kinds: ["lifecycle"] }) },
  };
}

test("every call fails with words, and every guest is there afterwards", { timeout: 600_000 }, async () => {
  const { server, libvirt } = daemon();
  const { xml } = tinyDomain();
  const domain = await libvirt.domains.define(xml);
  ends.push(async () => {
    await libvirt.domains.destroy(domain).catch(() => {});
    await libvirt.domains.undefine(domain).catch(() => {});
  });
  await libvirt.domains.start(domain, { paused: true });
  let gaps = 0;
  ends.push(await libvirt.events.listen({ event: () => {}, gap: () => (gaps += 1) }, { kinds: ["reboot"] }));
  const parts = allCalls(libvirt, domain);
  // No call of a part is forgotten here.
  const internal = (part: string) => ["constructor", ...(part === "events" ? ["prepare", "gap", "receive"] : [])];
  for (const [part, object] of Object.entries(libvirt).filter(([, value]) => typeof value === "object")) {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(object));
    const known = Object.keys(parts[part] ?? {});
    expect(new Set(known), part).toEqual(new Set(methods.filter((name) => !internal(part).includes(name))));
  }
  // Three at a time: more slow ones would not be sent.
  const all = Object.entries(parts).flatMap(([part, calls]) =>
    Object.entries(calls).map(([name, call]) => [`${part}.${name}`, call] as const),
  );
  let rounds = 0;
  for (let at = 0; at < all.length; at += 3) {
    await server.pause();
    const outcomes = all.slice(at, at + 3).map(
      async ([name, call]) =>
        [
          name,
          await call().then(
            () => undefined,
            (error: unknown) => error,
          ),
        ] as const,
    );
    await new Promise((resolve) => setImmediate(resolve));
    await server.kill();
    for (const [name, error] of await Promise.all(outcomes)) {
      expect(error, name).toBeInstanceOf(LibvirtConnectionError);
      expect(messageOf(error), name).toMatch(/broke|no libvirt daemon/);
    }
    await server.start();
    await libvirt.whenConnected();
    rounds += 1;
    await expect.poll(() => gaps).toBe(rounds);
    expect(await libvirt.domains.state(domain)).toMatchObject({ state: "paused" });
  }
  expect(server.guestPids()).toHaveLength(1);
});
