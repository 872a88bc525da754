// Executors name parts of a definition, clients fields of a body. Pure.

const names: Readonly<Record<string, string>> = {
  "cpu.count": "cpus",
  "cpu.limit_millis": "cpus",
  "cpu.maximum": "maxCpus",
  "cpu.model": "cpuModel",
  "cpu.quota": "cpuQuota",
  "cpu.sockets": "sockets",
  "cpu.cores": "cores",
  "cpu.threads": "threads",
  "memory.mib": "mem",
  "memory.maximum_mib": "maxMem",
  "memory.overhead_mib": "memOverhead",
  "memory.huge_pages": "hugePages",
  seed: "cloudInit",
};

/** "memory.maximum_mib" → "maxMem", "nics.eth0" → "network.eth0", "disks.data0.size_mib" → "disk.data0.size". */
export function bodyFieldOf(part: string): string {
  const own = Object.hasOwn(names, part) ? names[part] : undefined;
  if (own !== undefined) return own;
  return part
    .replace(/^disks\./, "disk.")
    .replace(/^nics\./, "network.")
    .replace(/\.size_mib$/, ".size")
    .replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
