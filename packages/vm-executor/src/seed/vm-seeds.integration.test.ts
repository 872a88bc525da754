// Seeds, read with readers that are not ours: isoinfo of genisoimage, once by each of the two kinds of names.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VmNic, VmSeed } from "@cke/protocol";
import { missingHere } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { VmSeeds } from "./vm-seeds.ts";

const hasIsoinfo = spawnSync("isoinfo", ["-version"]).error === undefined;
const missing = missingHere(hasIsoinfo ? undefined : "no isoinfo: install genisoimage");
if (missing !== undefined) process.stderr.write(`skipped: reading seeds: ${missing}\n`);

const clock = { now: () => Date.UTC(2024, 4, 6, 7, 8, 9) };
const secrets = new Map([["user-data", Buffer.from(`#cloud-config\nruncmd: [${"true, ".repeat(2_000)}true]\n`)]]);
const seed = VmSeed.create({ hostname: "web", userData: true });
const nics = [{ nic: VmNic.create({ name: "lan" }), mac: "52:54:00:00:00:0a" }];
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-seed-"));
});
afterEach(() => rmSync(directory, { recursive: true }));
const place = () => ({
  vm: "web",
  uuid: "5e1d0c0e-0000-4000-8000-000000000001",
  instance: "i",
  directory: join(directory, "vm"),
  runDirectory: "/r",
});

test("a seed is root's only, replaced in one step, and removed", async () => {
  const seeds = new VmSeeds(clock);
  const path = await seeds.write({ seed, nics, secrets, place: place() });
  expect(path).toBe(seeds.locate(place()));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const before = readFileSync(path);
  await seeds.write({ seed, nics, secrets, place: place() });
  expect(readFileSync(path).equals(before)).toBe(true);
  const wrong = new Map([["user-data", Buffer.from("nothing that cloud-init knows")]]);
  await expect(seeds.write({ seed, nics, secrets: wrong, place: place() })).rejects.toMatchObject({
    code: "seed_invalid",
  });
  expect(readFileSync(path).equals(before)).toBe(true);
  await seeds.remove(place());
  await seeds.remove(place());
  expect(readdirSync(place().directory)).toEqual([]);
});

describe.skipIf(missing !== undefined)("isoinfo", () => {
  test.each([
    ["Rock Ridge", "-R"],
    ["Joliet", "-J"],
  ])("reads it by the names of %s", async (_, flag) => {
    const path = await new VmSeeds(clock).write({ seed, nics, secrets, place: place() });
    const isoinfo = (...args: string[]) =>
      execFileSync("isoinfo", ["-i", path, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const listed = isoinfo(flag, "-f").trim().split("\n").toSorted();
    expect(listed).toEqual(["/meta-data", "/network-config", "/user-data"]);
    expect(isoinfo(flag, "-x", "/user-data")).toBe(secrets.get("user-data")?.toString());
    expect(isoinfo(flag, "-x", "/meta-data")).toBe(
      "instance-id: 5e1d0c0e-0000-4000-8000-000000000001\nlocal-hostname: web\n",
    );
    expect(isoinfo("-d")).toMatch(
      /Volume id: cidata\n[\s\S]*Joliet with UCS level 3 found\n[\s\S]*Rock Ridge signatures version 1 found/,
    );
    expect(isoinfo("-R", "-l")).toMatch(/-r-------- +1 +0 +0 .* May +6 2024 .* user-data/);
  });
});
