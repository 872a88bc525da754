// What the kernel says of the processes inside the containers: their start times (a restarted one has another).
import { command } from "../../../scripts/up/progress/stage.ts";

const listing =
  'for p in /proc/[0-9]*; do c=$(cat $p/comm 2>/dev/null) || continue; case $c in etcd|kube-*|kubelet|dockerd|gotty) echo "$c $(basename $p) $(sed "s/^.*) //" $p/stat | cut -d" " -f20)";; esac; done';

/** "pid … started …" by `<container>/<program>`, for all containers with this Docker label. */
export async function kernelIdentities(label: string): Promise<Record<string, string>> {
  const names = (await command("docker", ["ps", "--filter", label, "--format", "{{.Names}}"]))
    .split("\n")
    .filter(Boolean);
  const found: Record<string, string> = {};
  for (const name of names.sort()) {
    const oldest = new Map<string, number>();
    for (const line of (await command("docker", ["exec", name, "sh", "-c", listing])).split("\n").filter(Boolean)) {
      const [program = "", pid = "", startTime = ""] = line.split(" ");
      // A child that is about to run another program has the name of its parent for a moment, and has started later.
      if (startTime === "" || Number(startTime) >= (oldest.get(program) ?? Number.POSITIVE_INFINITY)) continue;
      oldest.set(program, Number(startTime));
      found[`${name}/${program}`] = `pid ${pid} started ${startTime}`;
    }
  }
  return found;
}
