// lxcfs shows a container its own limits in place of the host's figures: its files are mounted over those of /proc and /sys. It is a program on
// the host, which may be missing or dead.
import { messageOf } from "@cke/foundation";
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

/** Every lxcfs has it, and it is short. */
export const probedFile = "proc/uptime";

/** The files below the mount point `path` that this host has, relative to it; none for "". Throws NodeFailure when none is there. */
export async function lxcfsFiles(host: Pick<Host, "exists" | "readText">, path: string): Promise<readonly string[]> {
  if (path === "") return [];
  const found: string[] = [];
  for (const file of fileNames) if (await host.exists(`${path}/${file}`)) found.push(file);
  if (found.length > 0) return found;
  const why = await host.readText(`${path}/${probedFile}`).then(() => "", messageOf);
  if (why !== "")
    throw new NodeFailure("lxcfs_dead", `lxcfs at ${path} on this host has died: ${why}`, {
      advice: `unmount what is left of it (umount -l ${path}) and start it again (lxcfs ${path})`,
    });
  throw new NodeFailure("lxcfs_missing", `lxcfs is not mounted at ${path} on this host`, {
    advice: `start it there (lxcfs ${path}), or start the scheduler without -k8s_lxcfs`,
  });
}
