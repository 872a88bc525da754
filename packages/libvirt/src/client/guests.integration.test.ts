// Running guests at a real daemon: consoles, screens, keys, panic, power, memory, saved states.
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, expect } from "vitest";
import { type Domain, type DomainEvent, isLibvirtError } from "../index.ts";
import { sharedDaemon, daemonTest as test } from "../testing/daemon.ts";
import { greeting, orders, writeSerialGuest } from "../testing/serial-guest.ts";
import { type TinyDomainOptions, tinyDomain } from "../testing/tiny-domain.ts";

const daemon = sharedDaemon();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

let disks = 0;

/** Starts a guest that listens at its serial port; it ends with the test. */
async function serialGuest(
  options: TinyDomainOptions = {},
  start: { readonly paused?: boolean } = {},
): Promise<Domain> {
  const { server, libvirt } = daemon();
  disks += 1;
  const disk = join(server.directory, `guest-${disks}.img`);
  writeSerialGuest(disk);
  const { xml, name, uuid } = tinyDomain({
    ...options,
    devices: `<disk type='file' device='disk'>
        <driver name='qemu' type='raw'/><source file='${disk}'/><target dev='vda' bus='virtio'/>
      </disk>
      <serial type='pty'/><console type='pty'/>${options.devices ?? ""}`,
  });
  ends.push(() => libvirt.domains.destroy({ name, uuid }).catch(() => {}));
  return libvirt.domains.create(xml, start);
}

/** Waits until the guest has said these words. */
async function hear(console: Duplex, words: string): Promise<string> {
  let heard = "";
  for await (const chunk of console.iterator({ destroyOnReturn: false })) {
    heard += chunk;
    if (heard.includes(words)) return heard;
  }
  throw new Error(`the console ended after ${JSON.stringify(heard)}`);
}

test("a console carries what the guest says and is told, and has one reader", async () => {
  const { consoles, domains } = daemon().libvirt;
  const domain = await serialGuest({}, { paused: true });
  const first = await consoles.open(domain);
  await domains.resume(domain);
  await hear(first, greeting);
  first.write("echo this.");
  await hear(first, "echo this.");
  await expect(consoles.open(domain)).rejects.toSatisfy((error) => isLibvirtError(error, "operation-failed"));
  const taken = new Promise<unknown>((resolve) => {
    first.on("error", resolve);
    first.on("close", () => resolve("closed"));
  });
  const second = await consoles.open(domain, { device: "serial0", force: true });
  await taken;
  second.write("and this.");
  await hear(second, "and this.");
  second.resume();
  second.end();
  await new Promise((resolve) => second.once("close", resolve));
  const stop = new AbortController();
  const third = await consoles.open(domain, { signal: stop.signal });
  const ended = new Promise<Error>((resolve) => third.once("error", resolve));
  stop.abort(new Error("no more of it"));
  expect((await ended).message).toMatch(/the stream was ended/);
  const fourth = await consoles.open(domain);
  const over = new Promise((resolve) => {
    fourth.on("error", resolve);
    fourth.on("close", () => resolve("closed"));
    fourth.resume();
  });
  await domains.destroy(domain);
  await over;
});

test("a guest that panics, and one that switches itself off", async () => {
  const { consoles, domains, events } = daemon().libvirt;
  const seen: DomainEvent[] = [];
  ends.push(await events.listen({ event: (event) => seen.push(event), gap: () => {} }));
  const told = ({ uuid }: Domain) =>
    seen.flatMap((event) =>
      event.kind === "lifecycle" && event.domain.uuid === uuid ? [`${event.event} ${event.detail}`] : [],
    );
  const panicking = await serialGuest({ devices: "<panic model='isa'/>", elements: "<on_crash>preserve</on_crash>" });
  const line = await consoles.open(panicking);
  line.on("error", () => {});
  line.write(orders.panic);
  await expect.poll(() => told(panicking)).toContain("crashed panicked");
  await expect.poll(() => domains.state(panicking)).toEqual({ state: "crashed", reason: "panicked" });
  line.destroy();
  const leaving = await serialGuest();
  const other = await consoles.open(leaving);
  other.on("error", () => {});
  other.write(orders.powerOff);
  await expect.poll(() => told(leaving)).toContain("stopped shutdown");
  expect(told(leaving)).toContain("shutdown guest");
  other.destroy();
});

test("a screen's picture, keys, the monitor, and an agent that is not there", async () => {
  const { consoles, guest } = daemon().libvirt;
  const domain = await serialGuest({ devices: "<video><model type='vga'/></video><input type='keyboard' bus='ps2'/>" });
  const { mime, data } = await consoles.screenshot(domain);
  const picture = await buffer(data);
  expect(mime).toMatch(/^image\/(x-portable-pixmap|png)$/);
  expect(picture.subarray(0, mime.endsWith("png") ? 4 : 2).toString("latin1")).toBe(
    mime.endsWith("png") ? "\x89PNG" : "P6",
  );
  await guest.sendKey(domain, [28, 57], { holdMs: 10 });
  expect(JSON.parse(await guest.monitorCommand(domain, '{"execute":"query-status"}'))).toMatchObject({
    return: { running: true },
  });
  const noAgent = (error: unknown) =>
    isLibvirtError(
      error,
      "argument-unsupported",
      "agent-unresponsive",
      "operation-invalid",
      "no-support",
      "operation-unsupported",
    );
  const asked = [
    () => guest.agentCommand(domain, '{"execute":"guest-ping"}', { timeoutSeconds: 1 }),
    () => guest.freeze(domain, { mountpoints: ["/"] }),
    () => guest.thaw(domain),
    () => guest.trim(domain),
    () => guest.fileSystems(domain),
    () => guest.interfaces(domain, "agent"),
    () => guest.hostname(domain),
    () => guest.time(domain),
    () => guest.setTime(domain, Date.now()),
    () => guest.setUserPassword(domain, "root", "$6$x$y", { hashed: true }),
  ];
  // It is kept for an agent that comes later.
  await guest.setResponseTimeout(domain, 7);
  for (const ask of asked) await expect(ask(), String(ask)).rejects.toSatisfy(noAgent);
  expect(await guest.interfaces(domain, "lease")).toEqual([]);
});

test("processor, memory and their figures", async () => {
  const { sizing } = daemon().libvirt;
  const domain = await serialGuest({
    memoryMib: 64,
    vcpus: "<vcpu current='1'>2</vcpu>",
    devices: "<memballoon model='virtio'/>",
  });
  expect(await sizing.vcpus(domain)).toBe(1);
  expect(await sizing.vcpus(domain, { maximum: true, affect: "live" })).toBe(2);
  await sizing.setVcpus(domain, 2, { affect: "live" });
  expect(await sizing.vcpus(domain)).toBe(2);
  await sizing.setMemory(domain, 48 * 1024, { affect: "live" });
  await sizing.setMemoryStatsPeriod(domain, 2, { affect: "live" });
  const stats = await sizing.memoryStats(domain);
  expect(stats.rssKib).toBeGreaterThan(1024);
  expect(stats.balloonKib).toBe(64 * 1024); // nobody in this guest takes memory away
});

test("a state that is saved, restored, kept and dumped", async () => {
  const { server, libvirt } = daemon();
  const { savedState, domains, consoles } = libvirt;
  const file = join(server.directory, "state");
  const domain = await serialGuest();
  await savedState.save(domain, file, { afterwards: "paused" });
  expect(await domains.byUuid(domain.uuid)).toBeUndefined();
  expect(await savedState.xml(file)).toContain(domain.uuid);
  await savedState.restore(file, { afterwards: "running" });
  const line = await consoles.open(domain);
  line.write("still here.");
  await hear(line, "still here.");
  line.destroy();
  await savedState.dump(domain, join(server.directory, "memory"), { memoryOnly: true, live: true });
  await expect(savedState.managedSave(domain)).rejects.toSatisfy((error) => isLibvirtError(error, "operation-invalid"));
  const { xml } = tinyDomain();
  const kept = await domains.define(xml);
  ends.push(async () => {
    await domains.destroy(kept).catch(() => {});
    await domains.undefine(kept, { managedSave: true });
  });
  await domains.start(kept, { paused: true });
  expect(await savedState.hasManagedSave(kept)).toBe(false);
  await savedState.managedSave(kept, { bypassCache: false });
  expect(await savedState.hasManagedSave(kept)).toBe(true);
  expect(await domains.state(kept)).toEqual({ state: "shut-off", reason: "saved" });
  expect((await domains.list({ hasManagedSave: true })).map(({ uuid }) => uuid)).toEqual([kept.uuid]);
  await domains.start(kept);
  expect(await savedState.hasManagedSave(kept)).toBe(false);
  await savedState.managedSave(kept);
  await savedState.removeManagedSave(kept);
  expect(await savedState.hasManagedSave(kept)).toBe(false);
});

test("requests to the guest that it need not follow, and a guest of this connection only", async () => {
  const { domains, migration } = daemon().libvirt;
  const domain = await serialGuest();
  await domains.shutdown(domain, "acpi");
  await domains.reboot(domain, "acpi");
  expect((await migration.jobStats(domain)).type).toBe("none");
  await expect(migration.abortJob(domain)).rejects.toSatisfy((error) => isLibvirtError(error, "operation-invalid"));
  await expect(migration.startPostCopy(domain)).rejects.toSatisfy((error) =>
    isLibvirtError(error, "operation-invalid"),
  );
  await migration.setMaxSpeed(domain, 100);
  await migration.setMaxDowntime(domain, 50);
});
