// What the kernel says of processes: start times of those inside the containers (a restarted one has another), and their programs.
import { readlinkSync } from "node:fs";
import { command } from "../../scripts/up/progress/stage.ts";

const listing =
  'for p in /proc/[0-9]*; do c=$(cat $p/comm 2>/dev/null) || continue; case $c in etcd|kube-*|kubelet|dockerd|gotty) echo "$c $(basename $p) $(sed "s/^.*) //" $p/stat | cut -d" " -f20)";; esac; done';

/** "pid … started …" by `<container>/<program>`, for all containers with this Docker label. */
export async function kernelIdentities(label: string): Promise<Record<string, string>> {
  const names = (await command("docker", ["ps", "--filter", label, "--format", "{{.Names}}"]))
    .split("\n")
    .filter(Boolean);
  const found: Record<string, string> = {};
  for (const name of names.sort()) {
    for (const line of (await command("docker", ["exec", name, "sh", "-c", listing])).split("\n").filter(Boolean)) {
      const [program = "", pid = "", startTime = ""] = line.split(" ");
      found[`${name}/${program}`] = `pid ${pid} started ${startTime}`;
    }
  }
  return found;
}

/** Path of the executable that a process runs; "" when the process is gone. */
export function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return "";
  }
}
