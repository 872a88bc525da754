// Migration between two real daemons.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LibvirtServer } from "@cke/test-servers";
import { afterEach, expect } from "vitest";
import { connectLibvirt, type DomainEvent, isLibvirtError } from "../index.ts";
import { sharedDaemon, daemonTest as test } from "../testing/daemon.ts";
import { tinyDomain } from "../testing/tiny-domain.ts";

const daemon = sharedDaemon();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("a guest moves to another daemon, and back when its move is aborted", async () => {
  const { server, libvirt: here } = daemon();
  const target = await LibvirtServer.start();
  ends.push(() => target.stop());
  const there = await connectLibvirt(target.socketPath);
  ends.push(() => there.close());
  const seen: DomainEvent[] = [];
  ends.push(await here.events.listen({ event: (event) => seen.push(event), gap: () => {} }));
  // At one MiB a second it takes a minute and more, however late it is aborted: its memory is filled with what cannot be left out.
  const content = join(server.directory, "content");
  writeFileSync(content, randomBytes(100 * 1024 * 1024));
  const device = `loader,file=${content},addr=0x1000000,force-raw=on`;
  const filled = `<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='${device}'/></qemu:commandline></domain>`;
  const { xml: empty } = tinyDomain({ memoryMib: 160 });
  const xml = empty
    .replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>")
    .replace("</domain>", filled);
  const domain = await here.domains.define(xml);
  ends.push(() => here.domains.undefine(domain).catch(() => {}));
  await here.domains.start(domain);
  const destination = `qemu+unix:///system?socket=${target.socketPath}`;
  const uri = `unix://${target.directory}/migration.sock`;

  // So slow that there is time to abort it.
  await here.migration.setMaxSpeed(domain, 1);
  const aborted = here.migration.migrate(domain, destination, { uri, bandwidthMib: 1 }).catch((error) => error);
  await expect.poll(() => here.migration.jobStats(domain)).toMatchObject({ operation: "migration-out" });
  await here.migration.abortJob(domain);
  expect(await aborted).toSatisfy((error) => isLibvirtError(error, "operation-aborted", "operation-failed"));
  expect(await here.domains.state(domain)).toMatchObject({ state: "running" });
  expect(await there.domains.byUuid(domain.uuid)).toBeUndefined();

  await here.migration.setMaxSpeed(domain, 1_000);
  await here.migration.setMaxDowntime(domain, 500);
  await here.migration.migrate(domain, destination, { uri, persistDestination: true, undefineSource: true });
  ends.push(async () => {
    await there.domains.destroy(domain).catch(() => {});
    await there.domains.undefine(domain).catch(() => {});
  });
  expect(await here.domains.byUuid(domain.uuid)).toBeUndefined();
  expect(await there.domains.state(domain)).toEqual({ state: "running", reason: "migrated" });
  expect(await there.domains.isPersistent(domain)).toBe(true);
  expect(server.guestPids()).toEqual([]);
  expect(target.guestPids()).toHaveLength(1);
  const stopped = () =>
    seen.flatMap((event) => (event.kind === "lifecycle" && event.event === "stopped" ? [event.detail] : []));
  await expect.poll(stopped).toContain("migrated");
  await expect
    .poll(() => seen.flatMap((event) => (event.kind === "job-completed" ? [event.stats.operation] : [])))
    .toContain("migration-out");
  await expect(here.migration.migrate(domain, destination)).rejects.toSatisfy((error) =>
    isLibvirtError(error, "no-domain"),
  );
});
