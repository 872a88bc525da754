// Images of a host that several executors use, images of files, and what goes when nobody uses it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeTlsFiles, missingHere } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import { retention } from "./retention.ts";
import { ImageServer } from "./testing/image-server.ts";
import { qcow2Header } from "./testing/qcow2-header.ts";
import { StoreFixture, sha256 } from "./testing/store-fixture.ts";

const program = fileURLToPath(new URL("testing/fetching-process.ts", import.meta.url));
const content = Buffer.concat([Buffer.alloc(512), randomBytes(3_000_000)]);
const sum = sha256(content);
let fixture: StoreFixture;
beforeEach(() => {
  fixture = new StoreFixture();
});
afterEach(() => fixture.remove());
const listed = (name: string) => readdirSync(join(fixture.cache.directory, name));

describe("several executors", () => {
  let server: ImageServer;
  const started: ChildProcess[] = [];
  beforeEach(async () => {
    server = await ImageServer.start(content);
  });
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
    await server.stop();
  });

  const executor = (number: number, path: string) => {
    const args = [program, fixture.cache.directory, server.url, sum, join(fixture.vm, path)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    started.push(child);
    let output = "";
    child.stdout.on("data", (text) => {
      output += String(text);
    });
    return { child, number, output: () => output };
  };

  test("fetch an image once, and follow whoever fetches it", async () => {
    server.conduct.stallAfter = 1_000_000;
    server.conduct.breaks = 1;
    const first = executor(1, "a");
    await expect.poll(first.output).toContain("downloading 1.");
    const others = [executor(2, "b"), executor(3, "c")];
    for (const other of others) await expect.poll(other.output).toContain("another executor of this host fetches it:");
    expect(server.requests).toHaveLength(1);
    // It is killed in the middle: one of the others goes on with what it has fetched.
    first.child.kill("SIGKILL");
    await Promise.all(others.map(({ child }) => once(child, "close")));
    for (const [name, other] of [
      ["b", others[0]],
      ["c", others[1]],
    ] as const) {
      expect(other?.output()).toContain(`given ${join(fixture.vm, name)}`);
      expect(readFileSync(join(fixture.vm, name)).equals(content)).toBe(true);
    }
    expect(server.requests.map(({ range }) => range)).toEqual(["", "bytes=1000000-"]);
    expect([listed("content"), listed("partial"), listed("locks")]).toEqual([[sum], [], []]);
  });
});

describe("an image of a file", () => {
  const file = () => join(fixture.named, "a.raw");
  beforeEach(() => writeFileSync(file(), content));

  test("is taken by its name or its URL, and once", async () => {
    const byName = await fixture.give("a.raw");
    expect(await fixture.give(`file://${file()}`)).toBe(byName);
    expect(statSync(byName)).toMatchObject({ nlink: 2 });
    expect(fixture.progress.filter((words) => words.endsWith("(100 %)"))).toHaveLength(1);
    rmSync(file());
    expect(readFileSync(byName).equals(content)).toBe(true);
    expect(await fixture.give("a.raw", sum)).toBe(byName);
    await expect(fixture.give("a.raw")).rejects.toMatchObject({ code: "image_not_found" });
  });

  test("is taken anew when it has changed", async () => {
    const first = await fixture.give("a.raw");
    appendFileSync(file(), "more");
    const second = await fixture.give("a.raw");
    expect(second).not.toBe(first);
    expect(readFileSync(first).equals(content)).toBe(true);
  });

  test("keeps its holes", async () => {
    truncateSync(file(), 2 ** 26);
    const path = await fixture.give("a.raw");
    expect(statSync(path).size).toBe(2 ** 26);
    expect(statSync(path).blocks * 512).toBeLessThan(8e6);
  });

  test.each([
    ["b.raw", "", "image_not_found", "put it there"],
    ["d", "", "image_source", "is no ordinary file"],
    ["a.raw", "0".repeat(64), "image_checksum", "correct the sum"],
    ["a.raw", "12", "image_source", "64 hexadecimal digits"],
  ])("%s with the sum %j is refused", async (name, wrong, code, words) => {
    mkdirSync(join(fixture.named, "d"));
    await expect(fixture.give(name, wrong)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test("may be no other file of the host, also by a link", async () => {
    const secret = join(fixture.directory, "secret");
    writeFileSync(secret, content);
    symlinkSync(secret, join(fixture.named, "out"));
    const refused = { code: "image_source", message: expect.stringContaining("only files there are images") };
    for (const source of ["out", `file://${join(fixture.named, "out")}`, `file://${secret}`])
      await expect(fixture.give(source)).rejects.toMatchObject(refused);
    for (const imagePath of ["", "https://images/"])
      await expect(fixture.give(`file://${secret}`, "", fixture.store({ imagePath }))).rejects.toMatchObject({
        code: "image_source",
        message: expect.stringContaining("-vm_image_path"),
      });
  });

  test("may be a link of the operator's", async () => {
    symlinkSync(file(), join(fixture.named, "latest"));
    expect(readFileSync(await fixture.give("latest")).equals(content)).toBe(true);
  });
});

test.skipIf(!hasQemuImg())(
  "a qcow2 image that names another file is refused, whatever its guest would see",
  async () => {
    const secret = join(fixture.named, "secret");
    writeFileSync(secret, "a secret of the host\n".repeat(100));
    execFileSync("qemu-img", [
      "create",
      "-q",
      "-f",
      "qcow2",
      "-b",
      secret,
      "-F",
      "raw",
      join(fixture.named, "a.qcow2"),
      "1M",
    ]);
    await expect(fixture.give("a.qcow2")).rejects.toMatchObject({
      code: "image_format",
      message: expect.stringContaining("is an overlay"),
    });
    execFileSync("qemu-img", [
      "create",
      "-q",
      "-f",
      "qcow2",
      "-o",
      `data_file=${secret}.data,data_file_raw=on`,
      join(fixture.named, "b.qcow2"),
      "1M",
    ]);
    await expect(fixture.give("b.qcow2")).rejects.toMatchObject({
      code: "image_format",
      message: expect.stringContaining("in another file"),
    });
    expect(readdirSync(fixture.vm)).toEqual([]);
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", join(fixture.named, "c.qcow2"), "7M"]);
    const image = { source: "c.qcow2", sha256: "", format: "" };
    const given = await fixture.store().give(image, "disk", () => join(fixture.vm, "c"), fixture.work);
    expect(given).toMatchObject({ format: "qcow2", virtualBytes: 7 * 2 ** 20 });
  },
);

test("without qemu-img it is said what to install", async () => {
  writeFileSync(join(fixture.named, "c.qcow2"), qcow2Header());
  const store = fixture.store({ qemuImg: new QemuImg({ program: "no-such-qemu-img" }) });
  await expect(fixture.give("c.qcow2", "", store)).rejects.toThrow("install qemu-utils");
});

test("images that no VM uses go by their last use, those of VMs stay", async () => {
  const day = 86_400_000;
  writeFileSync(join(fixture.named, "a.raw"), "a");
  writeFileSync(join(fixture.named, "b.raw"), "b");
  const [a, b] = [await fixture.give("a.raw"), await fixture.give("b.raw")];
  rmSync(b);
  const old = new Date(Date.now() - 40 * day);
  utimesSync(a, old, old);
  utimesSync(fixture.cache.contentPath(sha256(Buffer.from("b"))), old, old);
  const now = { nowMs: Date.now(), wantedBytes: 0 };
  expect(await fixture.cache.tidy(retention, now)).toEqual([sha256(Buffer.from("b"))]);
  expect([listed("content"), listed("sources").length]).toEqual([[sha256(Buffer.from("a"))], 1]);
  // Its last use is when its last VM gave it up.
  await fixture.give("b.raw");
  expect(existsSync(b)).toBe(true);
  rmSync(b);
  expect(await fixture.cache.tidy(retention, now)).toEqual([]);
});

test("an unused image makes room for a new one", async () => {
  writeFileSync(join(fixture.named, "a.raw"), Buffer.alloc(1_000_000, 1));
  rmSync(await fixture.give("a.raw"));
  const [old] = listed("content");
  const earlier = new Date(Date.now() - 3_600_000);
  utimesSync(fixture.cache.contentPath(old ?? ""), earlier, earlier);
  expect(await fixture.cache.tidy(retention, { nowMs: Date.now(), wantedBytes: 1 })).toEqual([old]);
});

test("what nobody has fetched to its end goes after a week, and what somebody fetches stays", async () => {
  await fixture.cache.prepare();
  for (const key of ["1".repeat(64), "2".repeat(64)]) {
    writeFileSync(fixture.cache.partialPath(key), "half");
    writeFileSync(`${fixture.cache.partialPath(key)}.json`, "{}");
  }
  const nowMs = Date.now() + 8 * 86_400_000;
  const fresh = new Date(nowMs);
  utimesSync(fixture.cache.partialPath("2".repeat(64)), fresh, fresh);
  await fixture.cache.tidy(retention, { nowMs, wantedBytes: 0 });
  expect(listed("partial")).toEqual(["2".repeat(64), `${"2".repeat(64)}.json`]);
});

test("https with an authority that this host does not know is refused with the remedy", async () => {
  const tls = makeTlsFiles(fixture.directory);
  const server = await ImageServer.start(content, {
    cert: readFileSync(tls.serverCertificate, "utf8"),
    key: readFileSync(tls.serverKey, "utf8"),
  });
  try {
    const url = server.url.replace("http:", "https:");
    await expect(fixture.give(url, sum)).rejects.toMatchObject({
      code: "image_unreachable",
      message: expect.stringContaining("update-ca-certificates"),
    });
    // As an authority of the host's: Node takes the place of the host's file from this variable.
    const child = spawn(
      process.execPath,
      ["--use-openssl-ca", program, fixture.cache.directory, url, sum, join(fixture.vm, "a")],
      {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, SSL_CERT_FILE: tls.authority },
      },
    );
    child.stdout.resume();
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(readFileSync(join(fixture.vm, "a")).equals(content)).toBe(true);
  } finally {
    await server.stop();
  }
});

function hasQemuImg(): boolean {
  try {
    execFileSync("qemu-img", ["--version"]);
    return true;
  } catch {
    process.stderr.write(`skipped: ${missingHere("no qemu-img: install qemu-utils")}\n`);
    return false;
  }
}
