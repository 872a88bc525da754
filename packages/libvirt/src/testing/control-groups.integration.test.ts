// Daemons of tests leave no control groups behind, neither of guests nor the one of all guests, which libvirt makes and keeps.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LibvirtServer } from "@cke/test-servers";
import { expect } from "vitest";
import { connectLibvirt } from "../index.ts";
import { daemonTest as test } from "./daemon.ts";
import { tinyDomain } from "./tiny-domain.ts";

const top = "/sys/fs/cgroup";
/** The groups of all guests. */
const machines = (): readonly string[] =>
  ["", ...readdirSync(top)].map((name) => join(top, name, "machine")).filter((path) => existsSync(path));

/** Daemons of other tests have guests in groups too. */
const othersRun = (): boolean => {
  const lock = join(tmpdir(), "cke-libvirt-groups.lock");
  return existsSync(lock) && spawnSync("flock", ["--nonblock", "--exclusive", lock, "true"]).status !== 0;
};

test("what libvirt makes for guests goes with the last daemon, unless it was there before", async () => {
  const before = machines();
  const server = await LibvirtServer.start({ controlGroups: true });
  const { name, xml } = tinyDomain();
  let made: readonly string[] = [];
  try {
    const libvirt = await connectLibvirt(server.socketPath);
    const domain = await libvirt.domains.create(xml, { paused: true });
    made = machines();
    expect(made.flatMap((path) => readdirSync(path)).some((group) => group.includes(name))).toBe(true);
    await libvirt.domains.destroy(domain);
    await libvirt.close();
  } finally {
    await server.stop();
  }
  expect(
    machines()
      .flatMap((path) => readdirSync(path))
      .some((group) => group.includes(name)),
  ).toBe(false);
  await expect.poll(() => before.length > 0 || othersRun() || machines().length === 0).toBe(true);
});
