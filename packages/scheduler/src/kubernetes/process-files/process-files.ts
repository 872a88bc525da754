// The files that processes of nodes write: which there are, and their content, through the channel to the node's executor. For a node
// that does not run any more it says where they were, and what the store still knows.
import { CkeError } from "@cke/foundation";
import type { Channel, FileStream } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { ClusterNotFoundError } from "../cluster/cluster-errors.ts";
import type { FormerNode } from "../nodes/former-nodes.ts";
import { filesGone, filesOfFormer } from "./files-gone.ts";
import {
  type FilePart,
  type OutputFile,
  outputFileName,
  type ProcessFileReads,
  type ProcessName,
} from "./process-file-reads.ts";

/** Where the wrapper keeps the output of processes in a KubeNode: its default, which no image changes. */
const outputDirectory = "/var/log/cke";

export interface ProcessFilesParts {
  /** Names of its nodes; undefined for a cluster that is not known. */
  readonly cluster: (name: string) => readonly string[] | undefined;
  readonly unit: (cluster: string, node: string) => UnitRecord | undefined;
  /** What is known of a node that was removed. */
  readonly former: (cluster: string, node: string) => Promise<FormerNode | undefined>;
  /** Names of the processes of a node; undefined for a node that was never rendered. */
  readonly processes: (cluster: string, node: string) => readonly string[] | undefined;
  readonly channels: Pick<WorkloadChannels, "open">;
}

export class ProcessFiles implements ProcessFileReads {
  readonly #parts: ProcessFilesParts;

  constructor(parts: ProcessFilesParts) {
    this.#parts = parts;
  }

  async list(of: ProcessName, signal: AbortSignal): Promise<readonly OutputFile[]> {
    const channel = await this.#channel(of, signal);
    try {
      const { files } = await channel.files(`${outputDirectory}/${of.process}`, signal);
      return files.filter(({ name }) => outputFileName.test(name));
    } catch (error) {
      if (!(error instanceof CkeError)) throw error;
      // The process is known, and its directory is made when it first starts.
      if (error.code === "not_found") return [];
      if (error.code === "unimplemented") throw noListing(of);
      throw error;
    }
  }

  async open(of: ProcessName, file: string, part: FilePart, signal: AbortSignal): Promise<FileStream> {
    const channel = await this.#channel(of, signal);
    try {
      return await channel.file({ path: `${outputDirectory}/${of.process}/${file}`, ...part }, signal);
    } catch (error) {
      if (error instanceof CkeError && error.code === "not_found") throw noSuchFile(of, file);
      throw error;
    }
  }

  async #channel(of: ProcessName, signal: AbortSignal): Promise<Channel> {
    const record = await this.#known(of);
    try {
      return await this.#parts.channels.open(of.cluster, of.node, signal);
    } catch (error) {
      if (!(error instanceof CkeError) || error.code !== "node_not_running") throw error;
      throw (record && filesGone(of, record, `${outputDirectory}/${of.process}`)) ?? error;
    }
  }

  /** Throws a CkeError: 404 for a name that is not known, 410 for a node that was removed. */
  async #known(of: ProcessName): Promise<UnitRecord | undefined> {
    const { cluster, node, process } = of;
    const nodes = this.#parts.cluster(cluster);
    if (nodes === undefined) throw new ClusterNotFoundError(cluster);
    if (!nodes.includes(node)) {
      const former = await this.#parts.former(cluster, node);
      if (former === undefined) throw new PartNotFoundError("node", `cluster "${cluster}"`, node, nodes);
      throw filesOfFormer(of, former, `${outputDirectory}/${process}`);
    }
    const processes = this.#parts.processes(cluster, node);
    if (processes !== undefined && !processes.includes(process))
      throw new PartNotFoundError("process", `node "${node}" of cluster "${cluster}"`, process, processes);
    return this.#parts.unit(cluster, node);
  }
}

function noSuchFile({ cluster, node, process }: ProcessName, file: string): CkeError {
  const where = `process "${process}" of node "${node}" of cluster "${cluster}"`;
  const words = `${where} has no file "${file}": it has not written one yet, or rotation has removed it; GET …/processes/${process}/files lists those that are there`;
  return new CkeError("file_not_found", words, { status: 404 });
}

function noListing({ cluster, node }: ProcessName): CkeError {
  const words = `node "${node}" of cluster "${cluster}" was started by a version of CKE that cannot list files: its container can after its next launch; files/stdout and files/stderr can be read now`;
  return new CkeError("unimplemented", words, { status: 501 });
}
