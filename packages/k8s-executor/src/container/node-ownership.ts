// Which executor decides about the names of a node on this host: its container, its address and its run directory. These names
// are the same for every incarnation of the executor and for every instance of the cluster, so each executor writes itself into
// a file of the run directory before it touches anything, and asks the file before it removes anything.
import { CkeError } from "@cke/foundation";
import type { Host } from "./host.ts";

export interface NodeOwnershipOptions {
  readonly host: Pick<Host, "readText" | "writeText">;
  readonly runDirectory: string;
  readonly executorId: string;
  /** Instance of the cluster that the node belongs to; "" for a cluster of an earlier version. */
  readonly instance: string;
}

export class NodeOwnership {
  readonly #options: NodeOwnershipOptions;
  #claimed = false;

  constructor(options: NodeOwnershipOptions) {
    this.#options = options;
  }

  /** True once this executor has claimed the node's names. */
  get claimed(): boolean {
    return this.#claimed;
  }

  /** From here on this executor decides about the node's names, and no earlier executor that may still run. */
  async claim(): Promise<void> {
    const { executorId, host, instance } = this.#options;
    await host.writeText(this.#file(), `${executorId}\n${instance}`);
    this.#claimed = true;
  }

  /** True when no other instance of the cluster has claimed the node's names. */
  async isOfThisInstance(): Promise<boolean> {
    const text = await this.#options.host.readText(this.#file());
    const { instance } = this.#options;
    return (text?.split("\n")[1] ?? instance) === instance;
  }

  /**
   * False when the executor of another instance of the cluster has claimed the node's names since: the container and the run
   * directory are not this executor's any more, but what has the label of this instance still is. Throws CkeError when a
   * later incarnation of this instance's executor has taken everything over.
   */
  async mustOwn(): Promise<boolean> {
    if (!(await this.isOfThisInstance())) return false;
    const owner = (await this.#options.host.readText(this.#file()))?.split("\n")[0];
    if (owner === undefined || owner === this.#options.executorId) return true;
    throw new CkeError("taken_over", `executor ${owner} has taken this node over: nothing is removed`);
  }

  #file(): string {
    return `${this.#options.runDirectory}/owner`;
  }
}
