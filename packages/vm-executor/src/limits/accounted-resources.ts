// What Mesos accounts for the VM's task, and the part of a definition that fits into it: the rest waits for a launch with more. Pure.
import type { LaunchedTask } from "@cke/executor-core";
import type { VmCpu, VmDefinition } from "@cke/protocol";

/** Infinity for what the task does not say. */
export interface Account {
  readonly cpuMillis: number;
  /** Of the guest and of its emulator. */
  readonly memMib: number;
}

export const noAccount: Account = { cpuMillis: Number.POSITIVE_INFINITY, memMib: Number.POSITIVE_INFINITY };

/** With at least what this definition has: a guest that runs on has it, whatever a later task holds. */
export function withHeldMemory(account: Account, { memory }: Pick<VmDefinition, "memory">): Account {
  return { ...account, memMib: Math.max(account.memMib, (memory?.mib ?? 0) + (memory?.overheadMib ?? 0)) };
}

/** Of all roles together. */
export function accountOf({ resources }: Pick<LaunchedTask["info"], "resources">): Account {
  const sum = (name: string) => {
    const values = (resources ?? []).flatMap((one) => (one.name === name && one.scalar ? [one.scalar.value] : []));
    return values.length === 0 ? Number.POSITIVE_INFINITY : values.reduce((all, value) => all + value, 0);
  };
  // Mesos counts thousandths.
  return { cpuMillis: Math.round(sum("cpus") * 1_000), memMib: sum("mem") };
}

/** The milli CPUs of the whole VM; one CPU for each vCPU when none are given. */
export const millisOf = (cpu: VmCpu | undefined): number =>
  cpu === undefined || cpu.limitMillis === 0 ? Math.max(1, cpu?.count ?? 1) * 1_000 : cpu.limitMillis;

/** `held`: fields that are less than was asked for. */
export function withinAccount(
  definition: VmDefinition,
  { cpuMillis, memMib }: Account,
): { readonly definition: VmDefinition; readonly held: readonly string[] } {
  const { cpu, memory } = definition;
  const room = Math.max(1, Math.floor(memMib - (memory?.overheadMib ?? 0)));
  const tooMuch = memory !== undefined && memory.mib > room;
  const tooFast = cpu !== undefined && millisOf(cpu) > cpuMillis;
  if (!tooMuch && !tooFast) return { definition, held: [] };
  return {
    definition: {
      ...definition,
      ...(tooMuch ? { memory: { ...memory, mib: room } } : {}),
      ...(tooFast ? { cpu: { ...cpu, limitMillis: Math.max(1, cpuMillis) } } : {}),
    },
    held: [...(tooFast ? ["cpu.limit_millis"] : []), ...(tooMuch ? ["memory.mib"] : [])],
  };
}
