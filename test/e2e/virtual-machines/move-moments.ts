// The steps of a move of a guest that runs, as the files of both hosts tell of them: a test strikes at a step and not at a time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { VmMachine } from "./vm-machine.ts";

export const moveMoments = [
  "its executors get places",
  "an emulator waits for it",
  "its memory goes",
  "it is being handed over",
  "it has come",
  "its old host knows it",
] as const;
export type MoveMoment = (typeof moveMoments)[number];

export interface MovingVm {
  readonly uuid: string;
  readonly old: VmMachine;
  readonly next: VmMachine;
  /** What `plan.changes` of its state says. */
  readonly changes: () => Promise<string>;
}

/** The note of that name in the VM's directory; "" without one. */
function note({ server, data }: VmMachine, uuid: string, name: "arrival" | "departure"): string {
  try {
    return readFileSync(join(server.directory, data.replaceAll("/", "-"), "vms", uuid, `${name}.json`), "utf8");
  } catch {
    return "";
  }
}

/**
 * Resolves to true as soon as that step is seen, within milliseconds where a note tells of it, and to false when the move is over before: what
 * lasts for less than a look is not seen each time.
 */
export async function untilMoment(moment: MoveMoment, { uuid, old, next, changes }: MovingVm): Promise<boolean> {
  const left = () => note(old, uuid, "departure");
  const seen = async (): Promise<boolean> => {
    switch (moment) {
      case "its executors get places":
        return (await changes()).includes("get a place");
      case "an emulator waits for it":
        return note(next, uuid, "arrival").includes("expected");
      case "its memory goes":
        return (await changes()).includes("moving the guest while it runs");
      case "it is being handed over":
        return left().includes("leaving");
      case "it has come":
        return note(next, uuid, "arrival").includes("arrived");
      case "its old host knows it":
        return left().includes("gone");
    }
  };
  let looks = 0;
  for (;;) {
    if (await seen()) return true;
    looks += 1;
    if (looks % 200 === 0 && (await changes()) === "[]") return await seen();
    await delay(1);
  }
}
