// The agent of a virtual machine goes into maintenance in Mesos: before that the VM moves to the other agent while it runs, with a disk of its
// own, and with disks on storage of both hosts alone.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PingWatch } from "./virtual-machines/ping-watch.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";
import { VmMachines } from "./virtual-machines/vm-machines.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a virtual machine whose agent goes into maintenance", () => {
  let machines: VmMachines;
  let pings: PingWatch;
  /** Storage that both machines have. */
  let storage = "";
  const disk = () => join(storage, "web.raw");

  beforeAll(async () => {
    machines = await VmMachines.start("vmmaintained", `ckm${process.pid}`);
    const { bridge, prefix } = machines.network;
    pings = await PingWatch.start(bridge, `${prefix}.9`);
    storage = mkdtempSync(join(tmpdir(), "cke-storage-"));
    writeFileSync(disk(), "");
    truncateSync(disk(), 16 * 2 ** 20);
    for (const machine of machines.both)
      await machine.sh(`mkdir -p ${machine.data}/shared; mount --bind ${storage} ${machine.data}/shared`);
  }, 900_000);
  afterAll(async () => {
    pings?.stop();
    await machines?.stop();
    if (storage !== "") rmSync(storage, { recursive: true, force: true });
  });

  /** Of that agent, from ten minutes on; undefined ends it. */
  async function schedule(index: 0 | 1 | undefined): Promise<void> {
    const start = { nanoseconds: (Date.now() + 600_000) * 1_000_000 };
    const unavailability = { start, duration: { nanoseconds: 3_600_000_000_000 } };
    const window = (agent: 0 | 1) => ({
      machine_ids: [{ hostname: `agent-${agent + 1}`, ip: machines.both[agent].address }],
      unavailability,
    });
    const windows = index === undefined ? [] : [window(index)];
    await machines.deployment.operator("UPDATE_MAINTENANCE_SCHEDULE", { schedule: { windows } });
  }

  test.each([
    ["own", "a disk of its own", { disk: { system: { size: 16 } } }],
    [
      "shared",
      "disks on shared storage alone",
      { disk: { system: { path: "/mnt/shared/web.raw", format: "raw", shared: true } } },
    ],
  ])(
    "moves while it runs: %s, with %s",
    async (name, _what, disks) => {
      const before = await machines.listing();
      const { uplink, prefix } = machines.network;
      const address = `${prefix}.9/24`;
      const vm = new VmClient(machines.deployment, name);
      const network = { name: "vmbr", type: "bridge", uplink, ip: address };
      await vm.create(await tinyVm({ network, ...disks }, `cke.ip=${address}`));
      await vm.until("running");
      await vm.booted(1);
      await vm.type(
        `mark vda $((40+2)) moves; ping -s ${100 + name.length} ${prefix}.1 >/ping & echo asks $((40+2))`,
        /asks 42/,
      );
      const boot = await vm.bootId();
      const here = machines.ran()[0] === 1 ? 0 : 1;
      await schedule(here);
      const hosts = here === 0 ? [0, 1] : [1, 0];
      await vm.untilState("to have moved", () => JSON.stringify(machines.ran()) === JSON.stringify(hosts));
      const changes = async () => JSON.parse(await vm.text("state")).plan.changes;
      await expect.poll(changes, { timeout: 600_000, interval: 500 }).toEqual([]);
      const asked = pings.count;
      await expect.poll(() => pings.count, { timeout: 600_000 }).toBeGreaterThan(asked + 2);
      const lost = `echo lost $(sed -n 's/.*seq=\\([0-9]*\\) ttl.*/\\1/p' /ping | awk '{n=$1} END {print n+1-NR, "of", n+1}') .`;
      console.log(await vm.type(lost, /lost \d+ of \d+ \./));
      expect(await vm.type("head -n 1 /dev/vda | head -c 8; echo", /42 moves/)).toBe("42 moves");
      expect(await vm.bootId()).toBe(boot);
      pings.check();
      expect((await vm.state())?.status).toBe("running");
      await schedule(undefined);
      await vm.remove();
      await expect.poll(() => machines.listing(), { timeout: 300_000 }).toEqual(before);
      expect(readdirSync(storage)).toEqual(["web.raw"]);
      if (name === "shared") expect(readFileSync(disk()).subarray(0, 8).toString()).toBe("42 moves");
      expect(existsSync(disk())).toBe(true);
    },
    1_800_000,
  );
});
