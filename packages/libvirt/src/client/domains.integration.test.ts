// Domains at a real daemon: definition, life, state, metadata, events.
import { afterEach, expect } from "vitest";
import { type DomainEvent, isLibvirtError } from "../index.ts";
import { sharedDaemon, daemonTest as test } from "../testing/daemon.ts";
import { tinyDomain } from "../testing/tiny-domain.ts";

const daemon = sharedDaemon();
const names: string[] = [];
afterEach(async () => {
  const { domains } = daemon().libvirt;
  for (const name of names.splice(0)) {
    const domain = await domains.byName(name);
    if (domain === undefined) continue;
    if (domain.id !== undefined) await domains.destroy(domain);
    if (await domains.isPersistent(domain).catch(() => false)) await domains.undefine(domain, { managedSave: true });
  }
});

function tiny(options: Parameters<typeof tinyDomain>[0] = {}) {
  const made = tinyDomain(options);
  names.push(made.name);
  return made;
}

test("what the host is", async () => {
  const { host } = daemon().libvirt;
  expect((await host.libvirtVersion()).text).toMatch(/^\d+\.\d+\.\d+$/);
  expect((await host.hypervisorVersion()).number).toBeGreaterThan(1_000_000);
  expect(await host.hostname()).not.toBe("");
  expect(await host.uri()).toBe("qemu:///system");
  const node = await host.nodeInfo();
  expect(node).toMatchObject({ model: "x86_64" });
  expect(node.cpus).toBeGreaterThan(0);
  expect(await host.freeMemory()).toBeGreaterThan(0);
  expect(await host.capabilities()).toContain(daemon().server.hostUuid);
  expect(await host.domainCapabilities({ arch: "x86_64", machine: "pc", virtType: "qemu" })).toContain("<domain>qemu");
});

test("a domain is defined, started, stopped and undefined, and events tell of it", async () => {
  const { domains, events } = daemon().libvirt;
  const seen: DomainEvent[] = [];
  const stop = await events.listen({ event: (event) => seen.push(event), gap: () => {} }, { kinds: ["lifecycle"] });
  const { name, uuid, xml } = tiny();
  expect(await domains.byName(name)).toBeUndefined();
  expect(await domains.byUuid(uuid)).toBeUndefined();
  const domain = await domains.define(xml);
  expect(domain).toEqual({ name, uuid, id: undefined });
  expect(await domains.state(domain)).toMatchObject({ state: "shut-off" });
  expect(await domains.isPersistent(domain)).toBe(true);
  const started = await domains.start(domain, { paused: true });
  expect(started.id).toBeGreaterThan(0);
  expect(await domains.state(domain)).toEqual({ state: "paused", reason: "user" });
  await expect(domains.start(domain)).rejects.toSatisfy((error) => isLibvirtError(error, "operation-invalid"));
  expect(await domains.info(domain)).toMatchObject({ state: "paused", maxMemoryKib: 32 * 1024, vcpus: 1 });
  await domains.resume(domain);
  expect(await domains.state(domain)).toMatchObject({ state: "running" });
  await domains.reset(domain);
  await domains.suspend(domain);
  expect((await domains.list({ active: true })).map((found) => found.uuid)).toContain(uuid);
  await domains.destroy(domain);
  expect(await domains.state(domain)).toEqual({ state: "shut-off", reason: "destroyed" });
  await expect(domains.destroy(domain)).rejects.toSatisfy((error) => isLibvirtError(error, "operation-invalid"));
  expect((await domains.list({ active: true })).map((found) => found.uuid)).not.toContain(uuid);
  expect((await domains.list({ inactive: true })).map((found) => found.uuid)).toContain(uuid);
  await domains.undefine(domain);
  await expect(domains.state(domain)).rejects.toSatisfy((error) => isLibvirtError(error, "no-domain"));
  const told = () =>
    seen.flatMap((event) =>
      event.kind === "lifecycle" && event.domain.uuid === uuid ? [`${event.event} ${event.detail}`] : [],
    );
  await expect
    .poll(told)
    .toEqual([
      "defined added",
      "started booted",
      "suspended paused",
      "resumed unpaused",
      "suspended paused",
      "shutdown host",
      "stopped destroyed",
      "undefined removed",
    ]);
  stop();
});

test("a transient domain is gone when it stops", async () => {
  const { domains } = daemon().libvirt;
  const { xml } = tiny();
  const domain = await domains.create(xml, { paused: true });
  expect(await domains.isPersistent(domain)).toBe(false);
  await domains.destroy(domain, { graceful: true });
  expect(await domains.byUuid(domain.uuid)).toBeUndefined();
});

test("XML of its definition, autostart, title and an element of one's own", async () => {
  const { domains } = daemon().libvirt;
  const { name, uuid, xml } = tiny();
  const domain = await domains.define(xml);
  const known = await domains.xml(domain, { inactive: true, secure: true });
  expect(known).toContain(`<name>${name}</name>`);
  expect(known).toContain(`<uuid>${uuid}</uuid>`);
  expect(await domains.autostart(domain)).toBe(false);
  await domains.setAutostart(domain, true);
  expect(await domains.autostart(domain)).toBe(true);
  expect((await domains.list({ autostart: true })).map((found) => found.uuid)).toContain(uuid);
  await domains.setAutostart(domain, false);
  const element = { kind: "element", uri: "http://cke.test/vm", key: "cke" } as const;
  expect(await domains.metadata(domain, element)).toBeUndefined();
  await domains.setMetadata(domain, element, "<vm task='a b'/>");
  expect(await domains.metadata(domain, element)).toMatch(/task=.a b./);
  await domains.setMetadata(domain, element, undefined);
  expect(await domains.metadata(domain, element)).toBeUndefined();
  await domains.setMetadata(domain, { kind: "title" }, "A title", { affect: "config" });
  expect(await domains.metadata(domain, { kind: "title" })).toBe("A title");
  await domains.setMetadata(domain, { kind: "description" }, "Words");
  expect(await domains.metadata(domain, { kind: "description" })).toBe("Words");
});

test("what the daemon refuses has a name", async () => {
  const { domains } = daemon().libvirt;
  await expect(domains.define("<domain")).rejects.toSatisfy((error) =>
    isLibvirtError(error, "xml-error", "internal-error"),
  );
  await expect(domains.define("<domain type='qemu'/>")).rejects.toSatisfy((error) => isLibvirtError(error));
  const { xml } = tiny();
  const domain = await domains.define(xml);
  const other = xml.replace(domain.uuid, "00000000-1111-4222-8333-444444444444");
  await expect(domains.define(other)).rejects.toSatisfy((error) => isLibvirtError(error, "operation-failed"));
  await expect(domains.shutdown(domain)).rejects.toSatisfy((error) => isLibvirtError(error, "operation-invalid"));
  await expect(domains.reboot(domain, "acpi")).rejects.toSatisfy((error) => isLibvirtError(error, "operation-invalid"));
  await expect(domains.byUuid("no uuid")).rejects.toThrow(/uuid must be a UUID/);
});

test("an aborted signal ends the wait", async () => {
  const { domains } = daemon().libvirt;
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(domains.list({}, { signal })).rejects.toThrow("enough");
  const late = new AbortController();
  const { xml, name, uuid } = tiny();
  const creating = domains.create(xml, { paused: true, signal: late.signal });
  late.abort(new Error("no more"));
  await expect(creating).rejects.toThrow("no more");
  // The daemon goes on with it, and the connection is well.
  const state = () => domains.state({ name, uuid }).catch(() => undefined);
  await expect.poll(state).toEqual({ state: "paused", reason: "user" });
});

test("events are told again after the daemon was killed, and the gap is", async () => {
  const { server, libvirt } = daemon();
  const told: string[] = [];
  const { name, uuid, xml } = tiny();
  const stop = await libvirt.events.listen({
    event: (event) => {
      if (event.domain.uuid === uuid && event.kind === "lifecycle") told.push(event.event);
    },
    gap: () => told.push("gap"),
  });
  const domain = await libvirt.domains.define(xml);
  await expect.poll(() => told).toEqual(["defined"]);
  await server.restart();
  await libvirt.whenConnected();
  await expect.poll(() => told).toEqual(["defined", "gap"]);
  expect(await libvirt.domains.byName(name)).toEqual(domain);
  await libvirt.domains.undefine(domain);
  await expect.poll(() => told).toEqual(["defined", "gap", "undefined"]);
  stop();
  await libvirt.domains.define(xml);
  await libvirt.domains.undefine(domain);
  expect(told).toHaveLength(3);
});
