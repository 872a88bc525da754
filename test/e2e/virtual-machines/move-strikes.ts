// What strikes a VM that moves between two machines: kill -9 of a program on the way. What a supervisor (systemd) would start again is started
// again here.
import { readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { sendSignal } from "../../../scripts/up/daemon.ts";
import type { Deployment } from "../deployment.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type MoveMoment, moveMoments } from "./move-moments.ts";
import type { VmMachine } from "./vm-machine.ts";

export const moveVictims = [
  "the executor of the guest",
  "the executor that takes the guest",
  "libvirtd of the old host",
  "libvirtd of the new host",
  "QEMU of the old host",
  "QEMU of the new host",
  "the scheduler",
] as const;
export type MoveVictim = (typeof moveVictims)[number];

/**
 * True when that may end the guest, which its policy starts again: only the end of an emulator does, and only of one that may have the guest
 * at that step. `afterMs`: how long after it.
 */
export function mayEndGuest(victim: MoveVictim, moment: MoveMoment, afterMs: number): boolean {
  const step = moveMoments.indexOf(moment);
  if (victim === "QEMU of the new host") return afterMs > 0 || step > moveMoments.indexOf("an emulator waits for it");
  return victim === "QEMU of the old host" && step < moveMoments.indexOf("it has come");
}

export interface StruckMove {
  readonly deployment: Deployment;
  /** Name of the VM. */
  readonly vm: string;
  readonly old: VmMachine;
  readonly next: VmMachine;
  readonly random: SeededRandom;
}

/** Kills it, and returns what it was. What does not run yet, or any more, cannot be killed: then nothing is done. */
export async function strikeMove(
  victim: MoveVictim,
  { deployment, vm, old, next, random }: StruckMove,
): Promise<string> {
  const executor = (unit: string) =>
    deployment.executors("cke-vm-exec").find((pid) => sandboxOf(pid).includes(`/executors/cke-vm.${vm}.${unit}.`));
  switch (victim) {
    case "the executor of the guest":
      return end(executor("vm"));
    case "the executor that takes the guest":
      return end(executor("destination"));
    case "QEMU of the old host":
      return end(old.guests()[0]?.pid);
    case "QEMU of the new host":
      return end(next.guests()[0]?.pid);
    case "libvirtd of the old host":
    case "libvirtd of the new host": {
      const { server } = victim === "libvirtd of the old host" ? old : next;
      const { pid } = server;
      await server.kill();
      await delay(random.between(0, 1_000));
      await server.start();
      return `pid ${pid}`;
    }
    case "the scheduler": {
      const pid = await deployment.scheduler.kill();
      await delay(random.between(0, 1_000));
      await deployment.startScheduler();
      return `pid ${pid}`;
    }
  }
}

function end(pid: number | undefined): string {
  if (pid === undefined) return "not there";
  sendSignal(pid, "SIGKILL");
  return `pid ${pid}`;
}

function sandboxOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ""; // it has ended
  }
}
