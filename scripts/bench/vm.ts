// `pnpm bench vm`: seconds from POST until a VM runs and until the first packet of its guest, beside `virsh create` of the same domain in
// the same run; the memory of its executor; how long a guest does not answer while it moves, beside `virsh migrate`; and how long 50 VMs take
// whose guests are simulated.
import { loadavg } from "node:os";
import { Deployment } from "../../test/e2e/deployment.ts";
import { VmMachine } from "../../test/e2e/virtual-machines/vm-machine.ts";
import { VmMachines } from "../../test/e2e/virtual-machines/vm-machines.ts";
import { memoryOf } from "./measurement/memory.ts";
import { median, table } from "./measurement/table.ts";
import { measureManyVms } from "./vm/many-vms.ts";
import { measureMoves } from "./vm/one-move.ts";
import { createByVirsh, type Marks, orderVm } from "./vm/one-vm.ts";

const packetBar = 1.15;
const memoryBarMb = 35;
const many = 50;

const seconds = (ms: number) => (ms / 1_000).toFixed(2);
const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");

/** Prints the tables; lines that are over budget. The first run of each way does not count: caches are cold. */
export async function benchVm(runs = 5): Promise<string[]> {
  const results: { virsh: Marks; cke: Marks; executorMb: number }[] = [];
  const machine = await VmMachine.start();
  try {
    const deployment = new Deployment({ name: "benchvm", machine, flags: machine.flags });
    try {
      await deployment.start();
      const cable = await machine.cable();
      await machine.sh(`ip link set ${cable.link} up`);
      for (let run = 0; run <= runs; run += 1) {
        const ordered = await orderVm(deployment, machine, cable, `bench${run}`);
        const [executor = 0] = deployment.executors("cke-vm-exec");
        const executorMb = memoryOf(executor).privateDirtyMb;
        await ordered.stop();
        const virsh = await createByVirsh(machine, cable, ordered.xml);
        await ordered.remove();
        results.push({ virsh, cke: ordered.marks, executorMb });
      }
    } finally {
      await deployment.stop();
    }
  } finally {
    await machine.stop();
  }
  const loadAfter = load();
  const [first, ...counted] = results;
  const over: string[] = [];
  const rows = [["seconds to", "virsh create", "CKE (from POST)", "ratio", "runs (virsh/CKE)", "first"]];
  for (const [mark, name] of [
    ["running", "running"],
    ["packet", "first packet of the guest"],
  ] as const) {
    const [virsh, cke] = [median(counted.map((one) => one.virsh[mark])), median(counted.map((one) => one.cke[mark]))];
    const ratio = cke / virsh;
    const pair = (one: (typeof results)[number] | undefined) =>
      one === undefined ? "" : `${seconds(one.virsh[mark])}/${seconds(one.cke[mark])}`;
    rows.push([name, seconds(virsh), seconds(cke), ratio.toFixed(2), counted.map(pair).join(" "), pair(first)]);
    if (mark === "packet" && ratio > packetBar)
      over.push(`POST -> first packet of the guest takes ${ratio.toFixed(2)} times virsh create, bar ${packetBar}`);
  }
  console.log(table(rows));
  const executorMb = Math.max(...results.map((one) => one.executorMb));
  if (executorMb > memoryBarMb)
    over.push(`executor of a running VM: ${executorMb.toFixed(1)} MB private, bar ${memoryBarMb}`);
  console.log(table(await benchMoves()));
  const simulated = await measureManyVms(many);
  console.log(
    table([
      ["figure", "value", "bar"],
      ["executor of a running VM, MB private, the most", executorMb.toFixed(1), String(memoryBarMb)],
      [`${many} simulated VMs: all posted, s`, seconds(simulated.postedMs), ""],
      [`${many} simulated VMs: all running, s`, seconds(simulated.runningMs), ""],
      [`${many} simulated VMs: all deleted, s`, seconds(simulated.deletedMs), ""],
    ]),
  );
  console.log(`load after the runs: ${loadAfter}`);
  return over;
}

/** Rows of a table. Without a bar: both stand still for less than the load of a machine adds. */
export async function benchMoves(runs = 3): Promise<string[][]> {
  const machines = await VmMachines.start("benchmove", `ckm${process.pid}`);
  try {
    const moves: Awaited<ReturnType<typeof measureMoves>>[] = [];
    for (let run = 0; run < runs; run += 1) moves.push(await measureMoves(machines, `mover${run}`));
    const row = (name: string, key: "silentMs" | "wholeMs") => [
      name,
      ...(["virsh", "cke"] as const).map((way) => seconds(median(moves.map((one) => one[way][key])))),
      moves.map((one) => `${seconds(one.virsh[key])}/${seconds(one.cke[key])}`).join(" "),
    ];
    return [
      ["a guest moves while it runs, seconds", "virsh migrate", "CKE (from POST)", "runs (virsh/CKE)"],
      row("longest time without an answer", "silentMs"),
      row("until it has moved and nothing is left to do", "wholeMs"),
    ];
  } finally {
    await machines.stop();
  }
}
