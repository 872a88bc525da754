// The service for single nodes of a cluster: adds, removes, replaces and changes them while the cluster runs.
import type { NodeChange } from "../nodes/node-change.ts";
import { defaultDrainSeconds, type RemovalOptions } from "../nodes/removal-plan.ts";
import type { AddedNodesView, ChangedNode, NodeService } from "../views/node-service.ts";
import { addNodes } from "./node-addition.ts";
import { alterNode } from "./node-alteration.ts";
import { removeNodes } from "./node-removal.ts";
import { type ReplacementOptions, replaceNode } from "./node-replacement.ts";
import type { NodeRequestParts } from "./node-request.ts";

const gentle: ReplacementOptions = { force: false, drainSeconds: defaultDrainSeconds };

export class ClusterNodes implements NodeService {
  readonly #parts: NodeRequestParts;

  constructor(parts: NodeRequestParts) {
    this.#parts = parts;
  }

  async add(name: string, body: unknown, by: string, { even = false } = {}): Promise<AddedNodesView> {
    return await addNodes(this.#parts, name, body, by, even);
  }

  async remove(name: string, nodes: readonly string[], options: RemovalOptions, by: string): Promise<string> {
    return await removeNodes(this.#parts, name, nodes, options, by);
  }

  async replace(name: string, node: string, by: string, options: ReplacementOptions = gentle): Promise<string> {
    return await replaceNode(this.#parts, name, node, options, by);
  }

  async change(name: string, node: string, change: NodeChange, by: string): Promise<ChangedNode> {
    return await alterNode(this.#parts, name, node, change, by);
  }
}
