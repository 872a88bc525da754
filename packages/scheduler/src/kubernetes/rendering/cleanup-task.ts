// The node task of a clean-up incarnation, or of one that ends what an executor has left running. It needs nothing that may be missing on
// its host or be taken there: no network, address or port, no lxcfs, no secrets, no processes. It says only whose container is meant, and
// whether the data goes.
import { KubeNodeTask } from "@cke/protocol";
import { toMillis } from "../../workload/outline/unit-outline.ts";
import type { RenderedNode } from "./node-renderer.ts";

const mebibyte = 1024 * 1024;

/** The node without what it was for. The host has its image, or had it. */
export function cleanupOf(rendered: RenderedNode, keepsData: boolean): RenderedNode {
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
      removeOnKill: !keepsData,
      endOnKill: keepsData,
      cpuMillis: toMillis(rendered.unitTask.cpu),
      memoryBytes: rendered.unitTask.mem * mebibyte,
    }),
  };
}
