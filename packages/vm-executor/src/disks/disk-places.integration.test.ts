// Which files of a host become disks: links and devices are real.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkDiskPlace } from "./disk-places.ts";

const top = realpathSync(mkdtempSync(join(tmpdir(), "cke-places-")));
afterAll(() => rmSync(top, { recursive: true, force: true }));
const at = (...names: readonly string[]) => join(top, ...names);
for (const directory of ["store", "store-other", "data/vms/u1", "data/images"])
  mkdirSync(at(directory), { recursive: true });
for (const file of ["store/a.raw", "store-other/b.raw", "secret", "data/vms/u1/disk", "data/images/i"])
  writeFileSync(at(file), "x");
symlinkSync(at("secret"), at("store/link"));
symlinkSync(at("store/a.raw"), at("to-store"));
symlinkSync(at("store"), at("stores"));

const check = (path: string, allowed: readonly string[]) =>
  checkDiskPlace({ what: "disk d", path }, allowed, { directory: at("data/vms/u1") });

test.each<[string, readonly string[], string]>([
  ["store/a.raw", ["store"], ""],
  ["store/a.raw", ["stores"], ""],
  ["to-store", ["store"], ""],
  ["stores/a.raw", ["store"], ""],
  ["store-other/b.raw", ["store"], "is not below"],
  ["store/link", ["store"], "leads to"],
  ["secret", ["store", "nowhere"], "-vm_disk_path"],
  ["secret", [], "is not below no directory"],
  ["store", ["store"], "is neither a file nor a block device"],
  ["data/vms/u1/disk", ["data"], "belongs to CKE"],
  ["data/images/i", ["data"], "belongs to CKE"],
])("%s with %j: %s", async (path, allowed, words) => {
  const checked = check(
    at(path),
    allowed.map((one) => at(one)),
  );
  if (words === "") await checked;
  else await expect(checked).rejects.toMatchObject({ code: "disk_path", message: expect.stringContaining(words) });
});

test("what is no disk is refused, wherever it is", async () => {
  await expect(check("/dev/null", ["/dev"])).rejects.toMatchObject({ code: "disk_path" });
  await expect(check("/etc/passwd", ["/srv"])).rejects.toMatchObject({ code: "disk_path" });
});
