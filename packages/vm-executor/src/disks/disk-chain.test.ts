import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { type ChainFiles, checkChain } from "./disk-chain.ts";

type Named = Awaited<ReturnType<ChainFiles["info"]>>;
const alone: Named = { backing: undefined, backingFormat: undefined, dataFile: undefined };
const on = (backing: string, backingFormat: string | undefined = "qcow2"): Named => ({
  ...alone,
  backing,
  backingFormat,
});

/** Headers of qcow2 images by path, as a host has them; what is below /mnt is allowed. Resolves to the bases that were opened. */
async function check(info: Named, host: Readonly<Record<string, Named>> = {}): Promise<readonly string[]> {
  const opened: string[] = [];
  const claimed: string[] = [];
  await checkChain("root", "/mnt/a.qcow2", info, {
    info: async (path) => {
      opened.push(path);
      return host[path] ?? alone;
    },
    exists: async (path) => path in host,
    checkPlace: async (path) => {
      if (!path.startsWith("/mnt/"))
        throw new CkeError("disk_path", `the base of disk root: ${path} is not below /mnt`);
    },
    claim: async (path) => {
      claimed.push(path);
    },
  });
  // Each is claimed before it is opened.
  expect(claimed.slice(0, opened.length)).toEqual(opened);
  return opened;
}

test.each<[string, Named, Readonly<Record<string, Named>>, readonly string[]]>([
  ["no base", alone, {}, []],
  ["an empty name", on(""), {}, []],
  ["a base beside it", on("base.qcow2"), { "/mnt/base.qcow2": alone }, ["/mnt/base.qcow2"]],
  ["a raw base, whose content says nothing", on("/mnt/base", "raw"), { "/mnt/base": on("/etc/shadow") }, []],
  ["a name with a colon in a directory", on("./a:b"), { "/mnt/./a:b": alone }, ["/mnt/./a:b"]],
  [
    "a base of a base, from where that is",
    on("deep/b"),
    { "/mnt/deep/b": on("../c"), "/mnt/deep/../c": alone },
    ["/mnt/deep/b", "/mnt/deep/../c"],
  ],
])("allowed: %s", async (_what, info, host, opened) => {
  expect(await check(info, host)).toEqual(opened);
});

const others = "/var/lib/cke/vms/u/disks/disk-system.qcow2";
test.each<[string, Named, Readonly<Record<string, Named>>, string, string]>([
  ["the disk of another VM", on(others), { [others]: alone }, "disk_path", `${others} is not below /mnt`],
  ["one below a base", on("b"), { "/mnt/b": on(others), [others]: alone }, "disk_path", `${others} is not below /mnt`],
  ["a raw one elsewhere", on("/dev/shm/x", "raw"), { "/dev/shm/x": alone }, "disk_path", "/dev/shm/x is not below"],
  ["data elsewhere", { ...alone, dataFile: others }, {}, "disk_path", "/mnt/a.qcow2 has its data in another file"],
  ["data of a base", on("b"), { "/mnt/b": { ...alone, dataFile: others } }, "disk_path", "/mnt/b has its data in"],
  ["json", on('json:{"driver":"file"}'), {}, "disk_path", "only the path of a file"],
  ["a protocol", on("nbd://10.0.0.1/x"), {}, "disk_path", "has the base nbd://10.0.0.1/x"],
  ["capital letters", on("NBD:x"), {}, "disk_path", "only the path of a file"],
  ["no format", { ...on("b"), backingFormat: undefined }, { "/mnt/b": alone }, "disk_path", "of no declared format"],
  ["another format", on("b", "vmdk"), { "/mnt/b": alone }, "disk_path", "of the format vmdk, and qcow2 and raw are"],
  ["one that is gone", on("b"), {}, "disk_missing", "disk root: /mnt/b, of which /mnt/a.qcow2 only has what differs"],
  ["a circle", on("b"), { "/mnt/b": on("b") }, "disk_path", "16 are allowed"],
])("refused: %s", async (_what, info, host, code, words) => {
  await expect(check(info, host)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
});
