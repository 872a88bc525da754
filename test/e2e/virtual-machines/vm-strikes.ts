// What strikes a VM and what carries it: kill -9 of a program, and a disk that is full. What an operator's supervisor (systemd) would start
// again is started again here.
import { setTimeout as delay } from "node:timers/promises";
import { sendSignal } from "../../../scripts/up/daemon.ts";
import type { Deployment } from "../deployment.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { VmMachine } from "./vm-machine.ts";

export const killed = ["scheduler", "executor", "agent", "libvirtd", "QEMU"] as const;
export type Killed = (typeof killed)[number];

/** Kills one program, and returns what it was. What does not run yet cannot be killed: then nothing is done. */
export async function kill(
  victim: Killed,
  {
    deployment,
    machine,
    random,
  }: { readonly deployment: Deployment; readonly machine: VmMachine; readonly random: SeededRandom },
): Promise<string> {
  const pause = () => delay(random.between(0, 1_000));
  switch (victim) {
    case "agent":
      return `pid ${await deployment.restartAgent(0, random.between(0, 1_000))}`;
    case "scheduler": {
      const pid = await deployment.scheduler.kill();
      await pause();
      await deployment.startScheduler();
      return `pid ${pid}`;
    }
    case "libvirtd": {
      const { pid } = machine.server;
      await machine.server.kill();
      await pause();
      await machine.server.start();
      return `pid ${pid}`;
    }
    case "executor": {
      const [pid] = deployment.executors("cke-vm-exec");
      return end(pid);
    }
    case "QEMU": {
      const [guest] = machine.guests();
      return end(guest?.pid);
    }
  }
}

function end(pid: number | undefined): string {
  if (pid === undefined) return "not there yet";
  sendSignal(pid, "SIGKILL");
  return `pid ${pid}`;
}

/** Looks at the emulators all the time: a VM never has two. */
export class OnlyOneGuest {
  readonly #timer: NodeJS.Timeout;
  #most = 0;
  #seen = "";

  constructor(machine: VmMachine) {
    this.#timer = setInterval(() => {
      const guests = machine.guests();
      if (guests.length <= this.#most) return;
      this.#most = guests.length;
      this.#seen = guests.map(({ pid, name }) => `${name} (pid ${pid})`).join(", ");
    }, 100);
  }

  /** Throws when there were two at once. */
  check(): void {
    if (this.#most > 1) throw new Error(`two emulators ran at once: ${this.#seen}`);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
