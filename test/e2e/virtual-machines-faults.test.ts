// Kills at seeded moments, while a VM comes up, while it runs, and a disk that is full: the guest is adopted, or started again by its policy;
// there are never two of it; after DELETE nothing is left. Repeat a run with CKE_SEED=<printed seed>; CKE_VM_ROUNDS says how many rounds
// there are.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "./deployment.ts";
import { duplicateTasks } from "./mesos-master.ts";
import { seededRandom } from "./seeded-random.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";
import { type Killed, kill, killed, OnlyOneGuest } from "./virtual-machines/vm-strikes.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

const rounds = Number(process.env.CKE_VM_ROUNDS ?? 6);
const random = seededRandom(Number(process.env.CKE_SEED ?? Date.now() % 2 ** 31));
console.log(`CKE_SEED=${random.seed}`);

/** For each round: what is struck and when. Each kind comes as often as the others, give or take one. */
const strikes = [...killed, "full disk"] as const;
const plan = Array.from({ length: rounds }, (_, index) => ({
  index,
  strike: strikes[index % strikes.length] ?? "QEMU",
  // Every second turn of a kind strikes while the VM comes up.
  early: Math.floor(index / strikes.length) % 2 === 1,
  afterMs: random.between(0, 8_000),
}));

describe.skipIf(missing !== undefined)("a virtual machine that is struck", () => {
  let machine: VmMachine;
  let deployment: Deployment;
  let watch: OnlyOneGuest;
  const bridge = `vmf${random.between(100, 999)}`;

  beforeAll(async () => {
    machine = await VmMachine.start({ dataMib: 384 });
    deployment = new Deployment({ name: "vmfaults", machine, flags: machine.flags });
    await deployment.start();
    watch = new OnlyOneGuest(machine);
  }, 900_000);
  afterAll(async () => {
    watch?.stop();
    await deployment?.stop();
    await machine?.stop();
  });

  const body = () =>
    tinyVm(
      {
        disk: { system: { size: 24, cache: "writeback" } },
        network: { name: bridge, address: "10.9.9.1/24", ip: "10.9.9.2/24", ports: ["31090:80"] },
      },
      "cke.ip=10.9.9.2/24 cke.http=80",
    );

  /** It runs, and its guest answers on its network. */
  async function well(vm: VmClient): Promise<void> {
    await vm.untilState(
      "runs again",
      (state) => state?.status === "running" && state.domain?.state === "running" && machine.guests().length === 1,
    );
    const page = () => machine.sh("curl -s -m 60 http://10.9.9.2/ || true");
    await expect.poll(page, { timeout: 600_000, interval: 300 }).toMatch(/^\S+ [0-9a-f-]{36}/);
  }

  test.each(plan)(
    "round $index: $strike",
    async ({ index, strike, early, afterMs }) => {
      const vm = new VmClient(deployment, `r${index}`);
      const before = await machine.listing();
      const began = performance.now();
      await vm.create(await body());
      if (early) {
        await delay(afterMs);
        const struck = strike === "full disk" ? await fill(vm) : await strikeNow(strike);
        await well(vm);
        told(index, strike, `${afterMs} ms after POST`, struck, began);
      } else {
        await well(vm);
        await vm.booted(1);
        const [guest] = machine.guests();
        const boot = vm.boots().at(-1);
        const began = performance.now();
        const executors = deployment.executors("cke-vm-exec");
        const struck = strike === "full disk" ? await fillUnderGuest(vm) : await strikeNow(strike);
        if (strike === "executor") {
          const others = () => deployment.executors("cke-vm-exec").filter((pid) => !executors.includes(pid));
          await expect.poll(() => others().length, { timeout: 600_000 }).toBe(1);
        }
        await delay(1_000); // a later effect must show too
        if (strike === "QEMU")
          await expect.poll(() => machine.guests()[0]?.pid, { timeout: 600_000 }).not.toBe(guest?.pid);
        await well(vm);
        told(index, strike, "while it ran", struck, began);
        if (strike === "QEMU") {
          await vm.booted(2);
          expect(vm.boots().at(-1)).not.toBe(boot);
        } else {
          expect(machine.guests()).toEqual([guest]);
          expect(await machine.sh("curl -s -m 60 http://10.9.9.2/")).toContain(boot ?? "no boot");
        }
      }
      watch.check();
      expect(duplicateTasks(await deployment.mesosTasks())).toEqual([]);
      await vm.remove();
      await expect.poll(() => machine.listing(), { timeout: 600_000, interval: 500 }).toEqual(before);
      await expect.poll(() => deployment.executors("cke-vm-exec"), { timeout: 600_000 }).toEqual([]);
    },
    3_600_000,
  );

  const strikeNow = async (victim: Killed) => await kill(victim, { deployment, machine, random });
  const told = (index: number, strike: string, when: string, words: string, began: number) =>
    console.log(
      `round ${index}: ${strike}, ${when}: ${words}; well after ${((performance.now() - began) / 1_000).toFixed(1)} s`,
    );

  const full = () => `${machine.data}/ballast`;
  /** While it comes up. What fails for it is tried again when there is space. */
  async function fill(vm: VmClient): Promise<string> {
    await machine.sh(`dd if=/dev/zero of=${full()} bs=1M 2>/dev/null || true`);
    await delay(random.between(1_000, 5_000));
    const { status, reason } = (await vm.state()) ?? {};
    await machine.sh(`rm ${full()}`);
    await vm.ask("POST", "plan/retry");
    return `${status}${reason === "" ? "" : ` (${reason})`}`;
  }

  /** The guest writes more than there is space for: it stands still, says why, and goes on by itself. */
  async function fillUnderGuest(vm: VmClient): Promise<string> {
    await machine.sh(`dd if=/dev/zero of=${full()} bs=64K 2>/dev/null || true`);
    await vm.type(
      "(dd if=/dev/urandom of=/dev/vda bs=64k count=320 2>/dev/null; sync; echo guest: all $((320)) pieces are written) & echo it writes $((40+2))",
      /writes 42/,
    );
    await vm.untilState("stands still for want of space", (state) => /full/.test(state?.reason ?? ""));
    const { status, reason } = (await vm.state()) ?? {};
    await machine.sh(`rm ${full()}`);
    await vm.untilConsole("to write all of it", (text) => text.includes("guest: all 320 pieces are written"));
    return `${status} (${reason})`;
  }
});
