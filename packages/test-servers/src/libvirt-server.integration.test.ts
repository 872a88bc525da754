// A private libvirt daemon: it starts, is killed, leaves nothing.
import { execFile } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { LibvirtServer } from "./index.ts";

const missing = LibvirtServer.missing();
if (missing !== undefined) console.warn(`tests with a private libvirt daemon are skipped: ${missing}`);

const servers: LibvirtServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** Processes in a mount namespace. */
const processesIn = (namespace: string): readonly string[] =>
  readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/mnt`) === namespace;
    } catch {
      return false;
    }
  });

test.skipIf(missing !== undefined)("starts, comes back after kill -9, and leaves nothing", async () => {
  const server = await LibvirtServer.start({ ownNetwork: true });
  servers.push(server);
  const namespace = readlinkSync(`/proc/${server.pid}/ns/mnt`);
  // While this is open, no namespace of another program gets the number of this one.
  const held = openSync(`/proc/${server.pid}/ns/mnt`, "r");
  onTestFinished(() => closeSync(held));
  expect(namespace).not.toBe(readlinkSync("/proc/self/ns/mnt"));
  expect(readlinkSync(server.networkNamespace)).not.toBe(readlinkSync("/proc/self/ns/net"));
  expect(existsSync(server.socketPath)).toBe(true);
  const first = server.pid;
  await server.restart();
  expect(server.pid).not.toBe(first);
  expect(processesIn(namespace)).toContain(String(server.pid));
  await server.stop();
  expect(processesIn(namespace)).toEqual([]);
  expect(existsSync(server.directory)).toBe(false);
});

test.skipIf(missing !== undefined)("two daemons run side by side", async () => {
  const pair = await Promise.all([LibvirtServer.start(), LibvirtServer.start()]);
  servers.push(...pair);
  const [one, two] = pair;
  expect(one.hostUuid).not.toBe(two.hostUuid);
  await one.stop();
  await expect(two.restart()).resolves.toBeUndefined();
});

test.skipIf(missing !== undefined)("links of two daemons with taps of their own never have equal numbers", async () => {
  const pair = await Promise.all([LibvirtServer.start({ ownTaps: true }), LibvirtServer.start({ ownTaps: true })]);
  servers.push(...pair);
  const numbers = await Promise.all(
    pair.map(async (server) => {
      const [program, ...args] = server.enter("sh", "-ec", "ip link add one type bridge; ip -o link show one");
      return Number.parseInt((await promisify(execFile)(program, args)).stdout, 10);
    }),
  );
  const [first = 0, second = 0] = numbers.toSorted((one, other) => one - other);
  expect(first).toBeGreaterThan(0);
  expect(second - first).toBeGreaterThanOrEqual(150);
});
