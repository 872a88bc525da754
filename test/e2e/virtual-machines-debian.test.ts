// `make up-vm`, `make status` and `make down` of the README, with a state directory of their own: Debian with cloud-init, whose user logs in
// over ssh with the key of the body, and on the serial console with its password. Without KVM it boots for minutes.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { LibvirtServer } from "@cke/test-servers";
import { afterAll, describe, expect, test } from "vitest";
import { top } from "../../scripts/up/paths.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";

/** `.ci/run` sets it to 0: building the image and booting it take ten minutes. `make e2e` does both. */
const left = process.env.CKE_VM_DEBIAN === "0" ? "CKE_VM_DEBIAN is 0" : undefined;
const missing = left ?? LibvirtServer.missing();
if (missing !== undefined) console.warn(`a test with a virtual machine is skipped: ${missing}`);

describe.skipIf(missing !== undefined)("Debian with cloud-init", () => {
  // Short: paths of sockets have at most 107 bytes.
  const home = missing === undefined ? mkdtempSync("/tmp/cke-up-vm-") : "";
  const state = join(home, "cke/up");
  const log = () => readFileSync(join(state, "cke-scheduler.log"), "utf8").slice(-4_000);
  const vm = new VmClient({ url: "http://127.0.0.1:8512", words: log }, "example-vm");

  /** Runs one of the commands and returns its whole output. */
  async function make(word: string): Promise<string> {
    const script = '"$0" scripts/up/main.ts "$1" 2>&1 || echo "it ended with $?"';
    const output = await command("sh", ["-c", script, process.execPath, word], {
      cwd: top,
      environment: { XDG_STATE_HOME: home },
    });
    console.log(output);
    if (/^it ended with/m.test(output))
      throw new Error(`make ${word} failed:\n${output}\n${existsSync(state) ? log() : ""}`);
    return output;
  }

  /** What a VM may leave on this host: links, and processes of the emulator or the daemon whose files are in the state directory. */
  const listing = () => [
    // Those of containers come and go with others on this host.
    ...readdirSync("/sys/class/net")
      .filter((link) => !/^(veth|br-)/.test(link))
      .map((link) => `link ${link}`),
    ...readdirSync("/proc").flatMap((pid) => {
      try {
        return /libvirtd|qemu-system|cke-vm-exec/.test(readFileSync(`/proc/${pid}/comm`, "utf8")) &&
          readFileSync(`/proc/${pid}/environ`, "utf8").includes(home)
          ? [`process ${pid}`]
          : [];
      } catch {
        return []; // no process, or it has ended
      }
    }),
  ];
  const before = listing();

  afterAll(async () => {
    await make("down");
    rmSync(home, { recursive: true, force: true });
  });

  test("make up-vm ends when its user can log in, and says how", async () => {
    const shown = await make("up-vm");
    const [, line = ""] = /^virtual machine {2}(ssh .*)$/m.exec(shown) ?? [];
    const [, ...options] = line.split(" ");
    const known = ["-o", `UserKnownHostsFile=${join(home, "known")}`, "-o", "BatchMode=yes"];
    const ssh = (args: readonly string[], ...words: string[]) =>
      promisify(execFile)("ssh", [...known, ...args, ...words], { timeout: 1_800_000 }).then(
        ({ stdout }) => stdout.trim(),
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
    expect((await ssh(options, "echo $USER on $(hostname); sudo -n id -u")).split("\n")).toEqual([
      "cke on example-vm",
      "0",
    ]);
    const asRoot = options.map((option) => option.replace(/^cke@/, "root@"));
    expect(await ssh(asRoot, "true")).toContain("Permission denied");
    expect(await ssh(options, "cloud-init status --wait")).toContain("done");
    // The image is of 2 GiB, the disk of 4.
    expect(Number(await ssh(options, "df -m --output=size / | tail -n 1"))).toBeGreaterThan(3_500);
    await vm.untilState("its agent answers", (now) => now?.domain?.guest_agent === true);
    expect(await vm.text("guest?question=interfaces")).toContain(options.at(-1)?.replace("cke@", ""));
  }, 3_600_000);

  test("its user logs in on the serial console with the password", async () => {
    const password = readFileSync(join(state, "vm-password"), "utf8").trim();
    await vm.type("", /example-vm login:/);
    await vm.type("cke", /Password:/);
    await vm.type(password, /cke@example-vm/);
    await vm.type("echo 6 times 7 is $((6*7))", /is 42/);
  }, 1_800_000);

  test("make up-vm again changes nothing; make status shows the VM", async () => {
    const scheduler = readFileSync(join(state, "cke-scheduler.pid"), "utf8");
    const { uuid, start_time } = (await vm.state()) ?? {};
    expect(await make("up-vm")).toContain("virtual machine example-vm is there already");
    expect(readFileSync(join(state, "cke-scheduler.pid"), "utf8")).toBe(scheduler);
    expect(await vm.state()).toMatchObject({ uuid, start_time });
    const shown = await make("status");
    expect(shown).toContain("virtual machine example-vm: running");
    expect(shown).toMatch(/^virtual machine {2}ssh /m);
  }, 1_800_000);

  test("make down leaves nothing", async () => {
    await make("down");
    // Others on this host may have removed links of theirs meanwhile.
    expect(listing().filter((thing) => !before.includes(thing))).toEqual([]);
    expect(existsSync(state)).toBe(false);
    expect(await make("status")).toMatch(/^not up \(make up\);/);
  }, 1_800_000);
});
