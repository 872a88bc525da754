// Processor and memory of a domain. Pure.
import { CkeError } from "@cke/foundation";
import type { VmCpu, VmMemory } from "@cke/protocol";
import { element, type XmlElement } from "./xml.ts";

export interface CpuCounts {
  readonly count: number;
  readonly maximum: number;
}

/** At least one, and at most as many as the maximum. */
export function cpuCounts(cpu: VmCpu | undefined): CpuCounts {
  const count = Math.max(1, cpu?.count ?? 1);
  return { count, maximum: Math.max(count, cpu?.maximum ?? 0) };
}

export interface MemorySizes {
  readonly mib: number;
  readonly maximumMib: number;
}

export function memorySizes(memory: VmMemory | undefined): MemorySizes {
  const mib = memory?.mib ?? 0;
  return { mib, maximumMib: Math.max(mib, memory?.maximumMib ?? 0) };
}

/** Throws CkeError `definition_invalid` when sockets, cores and threads do not make the maximum of vCPUs. */
export function cpuXml(cpu: VmCpu | undefined, acceleration: "kvm" | "qemu"): readonly (XmlElement | undefined)[] {
  const { count, maximum } = cpuCounts(cpu);
  const model = cpu?.model !== undefined && cpu.model !== "" ? cpu.model : acceleration === "kvm" ? "host-model" : "";
  const topology = topologyXml(cpu, maximum);
  const attributes = modelAttributes(model);
  const child = attributes.mode === "custom" ? element("model", { fallback: "forbid" }, model) : undefined;
  const present = model === "" && topology === undefined ? undefined : element("cpu", attributes, child, topology);
  return [
    element("vcpu", { placement: "static", current: count === maximum ? undefined : count }, String(maximum)),
    present,
  ];
}

function modelAttributes(model: string): Readonly<Record<string, string>> {
  switch (model) {
    case "":
      return {};
    case "host-model":
    case "host-passthrough":
    case "maximum":
      return { mode: model, check: "none" };
    default:
      return { mode: "custom", match: "exact", check: "none" };
  }
}

function topologyXml(cpu: VmCpu | undefined, maximum: number): XmlElement | undefined {
  if (cpu === undefined || (cpu.sockets === 0 && cpu.cores === 0 && cpu.threads === 0)) return undefined;
  const threads = Math.max(1, cpu.threads);
  const cores = cpu.cores > 0 ? cpu.cores : Math.max(1, Math.floor(maximum / (Math.max(1, cpu.sockets) * threads)));
  const sockets = cpu.sockets > 0 ? cpu.sockets : Math.max(1, Math.floor(maximum / (cores * threads)));
  if (sockets * cores * threads !== maximum) {
    const product = `${sockets} sockets × ${cores} cores × ${threads} threads`;
    throw new CkeError(
      "definition_invalid",
      `cpu: ${product} are not the ${maximum} vCPUs of cpu.maximum: make them equal, or leave sockets, cores and threads out`,
    );
  }
  return element("topology", { sockets, dies: 1, cores, threads });
}

export function memoryXml(memory: VmMemory | undefined): readonly (XmlElement | undefined)[] {
  const { mib, maximumMib } = memorySizes(memory);
  return [
    element("memory", { unit: "MiB" }, String(maximumMib)),
    element("currentMemory", { unit: "MiB" }, String(mib)),
    memory?.hugePages === true ? element("memoryBacking", {}, element("hugepages")) : undefined,
  ];
}
