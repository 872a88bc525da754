// The executors of agents, as processes of this machine.
import { readlinkSync } from "node:fs";
import { processesBelow } from "../../scripts/up/leftovers.ts";

export type ExecutorProgram = "cke-k8s-exec" | "cke-vm-exec";

/** Pids of the executors whose sandboxes are below work directories of agents. */
export function executorsBelow(
  directories: readonly string[],
  program: ExecutorProgram = "cke-k8s-exec",
): readonly number[] {
  return directories.flatMap(processesBelow).filter((pid) => linkOf(pid, "exe").endsWith(`/${program}`));
}

/** Cluster and node of an executor: the path of its sandbox contains its id, cke.<cluster>.<node>.<launch>. Empty when it has ended. */
export function unitOfExecutor(pid: number): { readonly cluster: string; readonly node: string } {
  const [, cluster = "", node = ""] = /\/executors\/cke\.([^/.]+)\.([^/.]+)\./.exec(linkOf(pid, "cwd")) ?? [];
  return { cluster, node };
}

/** "" when the process has ended. */
function linkOf(pid: number, name: "exe" | "cwd"): string {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}
