// The maintenance schedule of the master: windows of machines, machines that are down, and what frameworks answered to
// inverse offers. Values only: agents/maintenance.ts and offers/inverse-offers.ts act on them. Facts: recording operations.
import { type Unavailability, unavailabilitySchema } from "@cke/mesos";
import * as z from "zod";

/** A machine is what its agent calls itself: host name (in any case) and address, both as scheduled. */
const machineIdSchema = z.object({ hostname: z.exactOptional(z.string()), ip: z.exactOptional(z.string()) });
export type MachineId = z.infer<typeof machineIdSchema>;

export const scheduleSchema = z.object({
  windows: z
    .array(z.object({ machine_ids: z.array(machineIdSchema).default([]), unavailability: unavailabilitySchema }))
    .default([]),
});
export type Schedule = z.infer<typeof scheduleSchema>;
export const machinesSchema = z.array(machineIdSchema).default([]);

interface MachineAnswer {
  readonly status: "ACCEPT" | "DECLINE";
  readonly nanoseconds: bigint;
}

export const machineKey = ({ hostname = "", ip = "" }: MachineId) => `${hostname.toLowerCase()} ${ip}`;

export class MaintenanceSchedule {
  #schedule: Schedule = { windows: [] };
  readonly #down = new Set<string>();
  /** By machine, then framework. */
  readonly #answers = new Map<string, Map<string, MachineAnswer>>();

  get schedule(): Schedule {
    return this.#schedule;
  }

  /** Every machine of the schedule, with its window. */
  machines(): readonly { readonly id: MachineId; readonly unavailability: Unavailability }[] {
    return this.#schedule.windows.flatMap(({ machine_ids, unavailability }) =>
      machine_ids.map((id) => ({ id, unavailability })),
    );
  }

  windowOf(machine: MachineId): Unavailability | undefined {
    const key = machineKey(machine);
    return this.machines().find(({ id }) => machineKey(id) === key)?.unavailability;
  }

  isDown(machine: MachineId): boolean {
    return this.#down.has(machineKey(machine));
  }

  replace(schedule: Schedule): void {
    this.#schedule = schedule;
    const keys = new Set(this.machines().map(({ id }) => machineKey(id)));
    for (const key of this.#answers.keys()) if (!keys.has(key)) this.#answers.delete(key);
  }

  down(machines: readonly MachineId[]): void {
    for (const id of machines) this.#down.add(machineKey(id));
  }

  /** The machines are back: they leave the schedule. */
  up(machines: readonly MachineId[]): void {
    const keys = new Set(machines.map(machineKey));
    for (const key of keys) this.#down.delete(key);
    const windows = this.#schedule.windows
      .map(({ machine_ids, unavailability }) => ({
        machine_ids: machine_ids.filter((id) => !keys.has(machineKey(id))),
        unavailability,
      }))
      .filter(({ machine_ids }) => machine_ids.length > 0);
    this.replace({ windows });
  }

  answer(machine: MachineId, frameworkId: string, answer: MachineAnswer): void {
    const key = machineKey(machine);
    const answers = this.#answers.get(key) ?? new Map<string, MachineAnswer>();
    this.#answers.set(key, answers.set(frameworkId, answer));
  }

  answersOf(machine: MachineId): ReadonlyMap<string, MachineAnswer> {
    return this.#answers.get(machineKey(machine)) ?? new Map();
  }

  /** Machines that are down now, as scheduled. */
  downMachines(): readonly MachineId[] {
    return this.machines().flatMap(({ id }) => (this.isDown(id) ? [id] : []));
  }

  forgetFramework(frameworkId: string): void {
    for (const answers of this.#answers.values()) answers.delete(frameworkId);
  }
}
