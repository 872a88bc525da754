// The node task of a clean-up incarnation: nothing that can be missing on its host or be in the way there. No network,
// address or port that something may hold, no lxcfs, no secrets, no processes; only what tells whose things are removed.
import { KubeNodeTask } from "@cke/protocol";
import { toMillis } from "../../workload/outline/unit-outline.ts";
import type { RenderedNode } from "./node-renderer.ts";

const mebibyte = 1024 * 1024;

/** The node without everything that it was for. The image is one that the host has, or had. */
export function cleanupOf(rendered: RenderedNode): RenderedNode {
  const { cluster, node, nodeType, image, hostname, dockerPath, labels } = rendered.kubeNode;
  return {
    ...rendered,
    processes: [],
    kubeNode: KubeNodeTask.create({
      cluster,
      node,
      nodeType,
      image,
      hostname,
      // The executor removes the node's part of this directory.
      dockerPath,
      labels,
      removeOnKill: true,
      cpuMillis: toMillis(rendered.nodeTask.cpu),
      memoryBytes: rendered.nodeTask.mem * mebibyte,
    }),
  };
}
