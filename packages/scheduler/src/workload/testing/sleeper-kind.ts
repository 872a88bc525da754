// The smallest kind of workload: one unit with one task that sleeps. It proves that only a kind knows what runs in a
// unit. Tests launch it beside Kubernetes clusters.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { PlanInput, RenderedUnit, WorkloadKind } from "../kinds/workload-kind.ts";
import type { UnitPlan } from "../plans/bring-up-view.ts";
import type { PlanStage } from "../records/plan-record.ts";
import { unitTaskOf, type WorkloadRecord } from "../records/records.ts";
import type { UnitRules } from "../records/unit-rules.ts";
import { unitSpecShape, workloadSpecShape } from "../records/workload-spec.ts";

export const sleeperSpecSchema = z.object({
  ...workloadSpecShape,
  units: z.tuple([z.object({ ...unitSpecShape, stateful: z.literal(false) })]),
  /** How long it sleeps. */
  seconds: z.number(),
});
export type SleeperSpec = Readonly<z.infer<typeof sleeperSpecSchema>>;

export const sleeperProgram = "cke-sleeper";

/** A sleeper of this name, by default on any agent and without a reservation. */
export function sleeperSpec(name: string, more: Partial<Pick<SleeperSpec["units"][0], "host" | "reservation">> = {}) {
  const unit = { name: "bed", host: "*", attributes: [], reservation: false, pod: false, expect: "RUN" as const };
  const spec = { name, attributes: [], role: "", expect: "RUN" as const, seconds: 86_400 };
  return sleeperSpecSchema.parse({ ...spec, units: [{ ...unit, ...more, stateful: false }] });
}

const outline = {
  hostPorts: [],
  executor: { cpu: 0.1, mem: 32 },
  unitTask: { cpu: 0.1, mem: 32 },
  processes: [],
} as const;

export class SleeperKind implements WorkloadKind {
  readonly name = "sleeper";
  readonly executor = sleeperProgram;
  readonly spec = sleeperSpecSchema;
  /** Its executor reports nothing but states of Mesos, and it keeps no data. */
  readonly rules: UnitRules = {
    words: { workload: "sleeper", unit: "unit", stateful: "units", keeps: "name" },
    resourceTasks: false,
    isOnHost: () => false,
    withoutExecutor: "ends",
    leftRunning: () => false,
    withoutData: { begins: true, words: (_unit, hostname) => `it was on ${hostname}` },
    homeLost: () => "",
    looksAtHost: () => false,
    needsHelp: () => false,
    remains: ({ workload, unit }) => `sleeper ${workload}/${unit}`,
    cleanupCommand: ({ workload, unit }) => `${sleeperProgram} -cleanup ${workload}/${unit}`,
  };

  logFields(workload: string, unit: string | undefined): Readonly<Record<string, string>> {
    return unit === undefined ? { workload } : { workload, unit };
  }

  async load(): Promise<void> {}

  async tick(): Promise<void> {}

  outline() {
    return outline;
  }

  rendered({ spec }: WorkloadRecord): RenderedUnit {
    const { seconds } = sleeperSpecSchema.parse(spec);
    return {
      configHash: createHash("sha256").update(String(seconds)).digest("hex").slice(0, 16),
      // The command line, which its executor reads.
      data: () => new TextEncoder().encode(`sleep ${seconds}`),
      processes: [],
    };
  }

  hostPorts() {
    return [];
  }

  problem(): undefined {}

  stopStages({ spec }: WorkloadRecord): readonly PlanStage[] {
    return [{ name: "the sleeper", units: spec.units.map(({ name }) => name) }];
  }

  prerequisite(): undefined {}

  plan(_workload: WorkloadRecord, { record, paused, waitReason }: PlanInput): UnitPlan {
    const state = record.launch === undefined ? undefined : unitTaskOf(record.launch)?.state;
    const sleeps = state === "TASK_RUNNING";
    const phase = { number: 1, name: "asleep", status: sleeps ? "done" : "waiting", reason: waitReason } as const;
    const stat = sleeps ? { stat: 1, stat_name: phase.name } : { stat: 0, stat_name: "" };
    return { unit: record.unit, type: this.name, ...stat, total_stat: 1, phases: [phase], paused };
  }

  async secrets(): Promise<ReadonlyMap<string, string>> {
    return new Map();
  }

  async deleteOperations() {
    return [];
  }

  forget(): void {}

  async act() {
    return { state: "done" } as const;
  }

  async replaceUnitOperations() {
    return [];
  }

  async deleteUnitOperations() {
    return [];
  }

  forgetUnit(): void {}
}
