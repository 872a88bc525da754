// What has to be done to a running guest so that it follows another definition, and what has to wait for its next start. Pure.
import type { VmDefinition, VmDisk, VmMemory, VmNic } from "@cke/protocol";
import { cpuCounts, memorySizes } from "../domain/cpu-xml.ts";
import { busOf } from "../domain/disk-targets.ts";

/** One change that a running guest can follow. `field`: of the definition, for messages. */
export type LiveStep =
  | { readonly kind: "title"; readonly field: string }
  | { readonly kind: "limits"; readonly field: string }
  | { readonly kind: "vcpus"; readonly field: string; readonly count: number }
  | { readonly kind: "memory"; readonly field: string; readonly mib: number }
  | { readonly kind: "attach-disk"; readonly field: string; readonly disk: VmDisk }
  | { readonly kind: "detach-disk"; readonly field: string; readonly disk: VmDisk }
  | { readonly kind: "grow-disk"; readonly field: string; readonly disk: VmDisk }
  | { readonly kind: "tune-disk"; readonly field: string; readonly disk: VmDisk }
  | { readonly kind: "change-disc"; readonly field: string; readonly disk: VmDisk }
  | { readonly kind: "attach-nic"; readonly field: string; readonly nic: VmNic }
  | { readonly kind: "detach-nic"; readonly field: string; readonly nic: VmNic }
  | { readonly kind: "ports"; readonly field: string; readonly nic: VmNic };

export interface DefinitionChanges {
  /** In the order in which they are made: first what gives back, next what grows. */
  readonly steps: readonly LiveStep[];
  /** Fields that follow with the next start. */
  readonly atNextStart: readonly string[];
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** `running`: what the guest follows now. `wanted`: what it is to be. */
export function definitionChanges(running: VmDefinition, wanted: VmDefinition): DefinitionChanges {
  const steps: LiveStep[] = [];
  const later: string[] = [];
  if (running.title !== wanted.title) steps.push({ kind: "title", field: "title" });
  processorAndMemory(running, wanted, steps, later);
  later.push(...changedFields("boot", running.boot, wanted.boot));
  disks(running, wanted, steps, later);
  nics(running, wanted, steps, later);
  if (!same(running.seed, wanted.seed)) later.push("seed");
  later.push(...changedFields("devices", running.devices, wanted.devices));
  const rank = ({ kind }: LiveStep) => (kind.startsWith("detach") ? 0 : kind.startsWith("attach") ? 2 : 1);
  return { steps: steps.toSorted((a, b) => rank(a) - rank(b)), atNextStart: later };
}

function processorAndMemory(running: VmDefinition, wanted: VmDefinition, steps: LiveStep[], later: string[]): void {
  const cpu = { now: running.cpu, next: wanted.cpu };
  const counts = { now: cpuCounts(cpu.now), next: cpuCounts(cpu.next) };
  if (counts.now.count !== counts.next.count) {
    if (counts.next.count <= counts.now.maximum)
      steps.push({ kind: "vcpus", field: "cpu.count", count: counts.next.count });
    else later.push("cpu.count");
  }
  const limit = ["limitMillis", "quota"] as const;
  // A maximum that is not given follows from the count.
  if ((cpu.next?.maximum ?? 0) !== 0 && counts.next.maximum !== counts.now.maximum) later.push("cpu.maximum");
  later.push(...changedFields("cpu", cpu.now, cpu.next, ["count", "maximum", ...limit]));
  const sizes = { now: memorySizes(running.memory), next: memorySizes(wanted.memory) };
  const grows = sizes.next.mib > sizes.now.mib;
  const balloon = running.devices?.balloon === true;
  const resized = sizes.now.mib !== sizes.next.mib;
  const resizable = resized && balloon && sizes.next.mib <= sizes.now.maximumMib;
  const memory: LiveStep = { kind: "memory", field: "memory.mib", mib: sizes.next.mib };
  const limits: LiveStep = { kind: "limits", field: "cpu.limit_millis" };
  const limited =
    limit.some((name) => cpu.now?.[name] !== cpu.next?.[name]) ||
    running.memory?.overheadMib !== wanted.memory?.overheadMib ||
    resizable;
  // A limit is raised before the guest may take more, and lowered after it has given back.
  if (limited && grows) steps.push(limits);
  if (resizable) steps.push(memory);
  if (limited && !grows) steps.push(limits);
  if (resized && !resizable) later.push("memory.mib");
  if ((wanted.memory?.maximumMib ?? 0) !== 0 && sizes.next.maximumMib !== sizes.now.maximumMib)
    later.push("memory.maximum_mib");
  later.push(...changedFields("memory", running.memory, wanted.memory, ["mib", "maximumMib", "overheadMib"]));
}

function disks(running: VmDefinition, wanted: VmDefinition, steps: LiveStep[], later: string[]): void {
  const scsi = running.disks.some((disk) => busOf(disk) === "scsi");
  const pluggable = (disk: VmDisk) =>
    disk.role === "data" && (busOf(disk) === "virtio" || (busOf(disk) === "scsi" && scsi));
  const before = new Map(running.disks.map((disk) => [disk.name, disk]));
  const after = new Set(wanted.disks.map(({ name }) => name));
  for (const disk of running.disks)
    if (!after.has(disk.name)) {
      if (pluggable(disk)) steps.push({ kind: "detach-disk", field: `disks.${disk.name}`, disk });
      else later.push(`disks.${disk.name}`);
    }
  for (const disk of wanted.disks) {
    const now = before.get(disk.name);
    const field = `disks.${disk.name}`;
    if (now === undefined) {
      if (pluggable(disk)) steps.push({ kind: "attach-disk", field, disk });
      else later.push(field);
    } else if (!same(now, disk)) changedDisk(now, disk, field, steps, later);
  }
}

function changedDisk(now: VmDisk, next: VmDisk, field: string, steps: LiveStep[], later: string[]): void {
  const { image, path, sizeMib, limits, ...rest } = next;
  const unchanged = { ...rest, image: now.image, path: now.path, sizeMib: now.sizeMib, limits: now.limits };
  if (!same(now, { ...now, ...unchanged })) {
    later.push(field);
    return;
  }
  if (!same(now.image, image) || now.path !== path) {
    if (next.role === "cdrom") steps.push({ kind: "change-disc", field, disk: next });
    // The content of a disk that exists is never made anew, not at the next start either: the disk would have to be another one.
    else later.push(`${field}.image`);
    return;
  }
  if (!same(now.limits, limits)) steps.push({ kind: "tune-disk", field: `${field}.limits`, disk: next });
  if (sizeMib > now.sizeMib) steps.push({ kind: "grow-disk", field: `${field}.size_mib`, disk: next });
  else if (sizeMib < now.sizeMib && sizeMib !== 0) later.push(`${field}.size_mib`);
}

function nics(running: VmDefinition, wanted: VmDefinition, steps: LiveStep[], later: string[]): void {
  const before = new Map(running.nics.map((nic) => [nic.name, nic]));
  const after = new Set(wanted.nics.map(({ name }) => name));
  for (const nic of running.nics)
    if (!after.has(nic.name)) steps.push({ kind: "detach-nic", field: `nics.${nic.name}`, nic });
  for (const nic of wanted.nics) {
    const now = before.get(nic.name);
    const field = `nics.${nic.name}`;
    if (now === undefined) steps.push({ kind: "attach-nic", field, nic });
    else if (!same(now, nic)) {
      if (same({ ...now, ports: nic.ports }, nic)) steps.push({ kind: "ports", field: `${field}.ports`, nic });
      else later.push(field);
    }
  }
}

/** Names of the fields that differ, as proto has them. */
function changedFields<T extends object>(
  path: string,
  now: T | undefined,
  next: T | undefined,
  except: readonly string[] = [],
): readonly string[] {
  const fields = new Set([...Object.keys(now ?? {}), ...Object.keys(next ?? {})]);
  const of = (value: T | undefined, name: string) => (value === undefined ? undefined : Reflect.get(value, name));
  // An absent message and one without anything in it are the same.
  const empty = (value: unknown) =>
    value === undefined || value === "" || value === 0 || value === false || value === "bios";
  return [...fields]
    .filter((name) => !except.includes(name) && !same(of(now, name), of(next, name)))
    .filter((name) => !(empty(of(now, name)) && empty(of(next, name))))
    .map((name) => `${path}.${name.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`)}`);
}

/**
 * Until a lower limit is written, the limit is what it was: what the guest is to give back counts as overhead, so that the limit is due also for
 * an executor that comes later. Without an overhead, and with huge pages, no limit follows from the memory.
 */
function resized(memory: VmMemory, mib: number): VmMemory {
  const { overheadMib, hugePages } = memory;
  const less = overheadMib === 0 || hugePages ? 0 : Math.max(0, memory.mib - mib);
  return { ...memory, mib, maximumMib: memorySizes(memory).maximumMib, overheadMib: overheadMib + less };
}

/** The definition that the guest follows after a step. */
export function afterStep(running: VmDefinition, step: LiveStep, wanted: VmDefinition): VmDefinition {
  const replaceDisk = (change: (disk: VmDisk) => VmDisk) =>
    running.disks.map((disk) => ("disk" in step && disk.name === step.disk.name ? change(disk) : disk));
  switch (step.kind) {
    case "title":
      return { ...running, title: wanted.title };
    case "limits": {
      const { cpu, memory } = running;
      const limits = { limitMillis: wanted.cpu?.limitMillis ?? 0, quota: wanted.cpu?.quota ?? false };
      return {
        ...running,
        cpu: cpu === undefined ? wanted.cpu : { ...cpu, ...limits },
        memory: memory === undefined ? wanted.memory : { ...memory, overheadMib: wanted.memory?.overheadMib ?? 0 },
      };
    }
    case "vcpus":
      return running.cpu === undefined
        ? running
        : { ...running, cpu: { ...running.cpu, count: step.count, maximum: cpuCounts(running.cpu).maximum } };
    case "memory":
      return running.memory === undefined ? running : { ...running, memory: resized(running.memory, step.mib) };
    case "attach-disk":
      return { ...running, disks: [...running.disks, step.disk] };
    case "detach-disk":
      return { ...running, disks: running.disks.filter(({ name }) => name !== step.disk.name) };
    case "grow-disk":
      return { ...running, disks: replaceDisk((disk) => ({ ...disk, sizeMib: step.disk.sizeMib })) };
    case "tune-disk":
      return { ...running, disks: replaceDisk((disk) => ({ ...disk, limits: step.disk.limits })) };
    case "change-disc":
      return { ...running, disks: replaceDisk(() => step.disk) };
    case "attach-nic":
      return { ...running, nics: [...running.nics, step.nic] };
    case "detach-nic":
      return { ...running, nics: running.nics.filter(({ name }) => name !== step.nic.name) };
    case "ports":
      return { ...running, nics: running.nics.map((nic) => (nic.name === step.nic.name ? step.nic : nic)) };
  }
}
