// lxcfs shows a container its own limits in place of the host's figures: its files are mounted over those of /proc and /sys.
import { NodeFailure } from "../reports/node-failure.ts";
import type { Host } from "./host.ts";

/** Files that lxcfs offers and runc allows to be mounted over (facts of lxcfs 5). */
const fileNames = [
  "proc/cpuinfo",
  "proc/diskstats",
  "proc/loadavg",
  "proc/meminfo",
  "proc/stat",
  "proc/swaps",
  "proc/uptime",
  "sys/devices/system/cpu/online",
] as const;

/** The files below the mount point `path` that this host has, relative to it; none for "". Throws NodeFailure when none is there. */
export async function lxcfsFiles(host: Pick<Host, "exists">, path: string): Promise<readonly string[]> {
  if (path === "") return [];
  const found: string[] = [];
  for (const file of fileNames) if (await host.exists(`${path}/${file}`)) found.push(file);
  if (found.length > 0) return found;
  throw new NodeFailure("lxcfs_missing", `lxcfs is not mounted at ${path} on this host`, {
    advice: `start it there (lxcfs ${path}), or start the scheduler without -k8s_lxcfs`,
  });
}
