// kill -9 at each step while a scheduler moves a guest that runs between two agents: of executors, of both libvirt daemons, of emulators and of
// the scheduler. The guest never runs twice, and runs on one of both hosts afterwards: alive, or, when an emulator was killed, started again by
// its policy; after DELETE nothing is left. Repeat a run with CKE_SEED=<printed seed>; CKE_MOVE_ROUNDS says how many rounds there are: with
// 42 of them everybody is struck at every step.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { duplicateTasks } from "./mesos-master.ts";
import { seededRandom } from "./seeded-random.ts";
import { moveMoments, untilMoment } from "./virtual-machines/move-moments.ts";
import { mayEndGuest, moveVictims, strikeMove } from "./virtual-machines/move-strikes.ts";
import { PingWatch } from "./virtual-machines/ping-watch.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";
import { VmMachines } from "./virtual-machines/vm-machines.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

const rounds = Number(process.env.CKE_MOVE_ROUNDS ?? moveVictims.length);
const random = seededRandom(Number(process.env.CKE_SEED ?? Date.now() % 2 ** 31));
console.log(`CKE_SEED=${random.seed}`);

const first = random.between(0, moveMoments.length * moveVictims.length);

/** Each victim comes as often as the others, give or take one, and each time at another step. */
const plan = Array.from({ length: rounds }, (_, index) => {
  const victim = (first + index) % moveVictims.length;
  const moment = (first + index) % moveMoments.length; // 7 and 6: all pairs in 42 rounds
  return {
    index,
    victim: moveVictims[victim] ?? "the scheduler",
    moment: moveMoments[moment] ?? "it has come",
    // Most of them at once.
    afterMs: random.next() < 0.7 ? 0 : random.between(0, 1_500),
  };
});

describe.skipIf(missing !== undefined)("a virtual machine that is struck while it moves", () => {
  let machines: VmMachines;
  let pings: PingWatch;
  let vm: VmClient;
  let before: Awaited<ReturnType<VmMachines["listing"]>>;
  /** Rounds in which the step was seen for which they waited. */
  let steps = 0;

  beforeAll(async () => {
    machines = await VmMachines.start("vmstruck", `ckf${process.pid}`);
    const { bridge, uplink, prefix } = machines.network;
    const address = `${prefix}.9`;
    pings = await PingWatch.start(bridge, address);
    before = await machines.listing();
    vm = new VmClient(machines.deployment, "struck");
    const network = { name: "vmbr", type: "bridge", uplink, ip: `${address}/24` };
    await vm.create(await tinyVm({ network, disk: { system: { size: 16 } } }, `cke.ip=${address}/24`));
    await vm.until("running");
    await vm.booted(1);
  }, 900_000);
  afterAll(async () => {
    pings?.stop();
    await machines?.stop();
  });

  const changes = async (): Promise<string> => {
    const { status, text } = await vm.ask("GET", "state");
    return status === 200 ? JSON.stringify(JSON.parse(text).plan.changes) : "unknown";
  };

  /** It moves no more, runs on one host, and asks on. */
  async function well(): Promise<void> {
    await vm.untilState("runs on one host", (state) => {
      const [first, second] = machines.ran();
      return state?.status === "running" && state.domain?.state === "running" && first + second === 1;
    });
    await expect.poll(changes, { timeout: 900_000, interval: 500 }).toBe("[]");
  }

  /** A ping of a size of its own, in the guest that runs now. */
  async function asks(round: number): Promise<void> {
    const from = pings.count;
    const line = `killall ping 2>/dev/null; ping -s ${100 + round} ${machines.network.prefix}.1 > /dev/null & echo it asks $((40+${round}))`;
    await vm.type(line, new RegExp(`it asks ${40 + round}`));
    await expect.poll(() => pings.count, { timeout: 600_000 }).toBeGreaterThan(from + 2);
  }

  test.each(plan)(
    "round $index: $victim, when $moment",
    async ({ index, victim, moment, afterMs }) => {
      await well();
      await asks(index);
      const boot = await vm.bootId();
      const { uuid = "" } = (await vm.state()) ?? {};
      const [old, next] = machines.ran()[0] === 1 ? machines.both : ([machines.second, machines.first] as const);
      const guest = old.guests()[0];
      const began = performance.now();
      await vm.does("POST", "migrate", {});
      const seen = await untilMoment(moment, { uuid, old, next, changes });
      if (seen) steps += 1;
      if (afterMs > 0) await delay(afterMs);
      const struck = await strikeMove(victim, { ...machines, vm: vm.name, old, next, random });
      await delay(1_000); // a later effect must show too
      await well();
      const runs = old.guests().length === 1 ? "its old host" : "its new host";
      const kept = old.guests()[0]?.pid === guest?.pid ? " in the same emulator" : "";
      const took = ((performance.now() - began) / 1_000).toFixed(1);
      const alive = (await vm.bootId()) === boot;
      console.log(
        `round ${index}: ${victim}, ${afterMs} ms after "${moment}"${seen ? "" : " (not seen)"}: ${struck}; runs on ${runs}${kept} after ${took} s, ${alive ? "alive" : "started again"}`,
      );
      pings.check();
      // Where it struck is known of a step that was seen. Other programs than emulators end no guest at any.
      if ((seen || !victim.startsWith("QEMU")) && !mayEndGuest(victim, moment, afterMs)) expect(alive).toBe(true);
      expect(duplicateTasks(await machines.deployment.mesosTasks())).toEqual([]);
    },
    3_600_000,
  );

  test("most strikes met the step that they waited for", () => {
    expect(steps).toBeGreaterThan(rounds / 2);
  });

  test("its removal leaves nothing on either host", async () => {
    await well();
    await vm.remove();
    await expect.poll(() => machines.listing(), { timeout: 600_000, interval: 500 }).toEqual(before);
    await expect.poll(() => machines.deployment.executors("cke-vm-exec"), { timeout: 600_000 }).toEqual([]);
    pings.check();
  }, 1_800_000);
});
