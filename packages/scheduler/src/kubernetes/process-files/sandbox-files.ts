// What the executor of a node has written: stdout and stderr in its sandbox, through the API of its Mesos agent. It can be read after the node
// has ended, until the agent removes the sandbox, and while no channel to the executor can be opened.
import { CkeError, type Clock } from "@cke/foundation";
import type { AgentAddress } from "@cke/mesos";
import type { FileStream } from "../../channel/channel.ts";
import { type AgentFiles, agentPieceBytes } from "../../framework/mesos/agent-files.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { ClusterNotFoundError } from "../cluster/cluster-errors.ts";
import type { FormerNode } from "../nodes/former-nodes.ts";
import { FilesGoneError } from "./files-gone.ts";
import {
  type FilePart,
  type NodeName,
  type OutputFile,
  outputFileName,
  type SandboxFileReads,
} from "./process-file-reads.ts";

export interface SandboxFilesParts {
  /** Names of its nodes; undefined for a cluster that is not known. */
  readonly cluster: (name: string) => readonly string[] | undefined;
  readonly unit: (cluster: string, node: string) => UnitRecord | undefined;
  /** What is known of a node that was removed. */
  readonly former: (cluster: string, node: string) => Promise<FormerNode | undefined>;
  readonly agentFiles: Pick<AgentFiles, "sandbox" | "locate" | "list" | "read">;
  readonly clock: Clock;
}

interface Sandbox {
  readonly executorId: string;
  readonly agentId: string;
  readonly hostname: string;
}

/** Between two looks at a file that is followed. */
const followMs = 1_000;

export class SandboxFiles implements SandboxFileReads {
  readonly #parts: SandboxFilesParts;

  constructor(parts: SandboxFilesParts) {
    this.#parts = parts;
  }

  async list(of: NodeName, signal: AbortSignal): Promise<readonly OutputFile[]> {
    const { agentFiles } = this.#parts;
    return await this.#inSandbox(of, async (agent, directory) =>
      (await agentFiles.list(agent, directory, signal)).filter(({ name }) => outputFileName.test(name)),
    );
  }

  async open(of: NodeName, file: string, part: FilePart, signal: AbortSignal): Promise<FileStream> {
    const { agentFiles, clock } = this.#parts;
    return await this.#inSandbox(of, async (agent, directory) => {
      const path = `${directory}/${file}`;
      const read = (offset: number, length: number) => agentFiles.read(agent, { path, offset, length }, signal);
      const { size } = await read(0, 1);
      const offset = part.fromEnd === true ? Math.max(0, size - part.offset) : Math.min(part.offset, size);
      const leaving = new AbortController();
      const content = pieces(read, { ...part, offset }, size, clock, AbortSignal.any([signal, leaving.signal]));
      return { offset, fileSize: size, modifiedAtMs: 0, content, close: () => leaving.abort() };
    });
  }

  /** What is missing is 410, with the place where it was. */
  async #inSandbox<T>(of: NodeName, look: (agent: AgentAddress, directory: string) => Promise<T>): Promise<T> {
    const sandbox = await this.#sandbox(of);
    const { agentFiles } = this.#parts;
    const directory = agentFiles.sandbox(sandbox.executorId);
    try {
      return await look(await agentFiles.locate(sandbox.agentId), directory);
    } catch (error) {
      if (!(error instanceof CkeError) || (error.code !== "agent_unknown" && error.code !== "file_not_found"))
        throw error;
      throw gone(of, sandbox, directory, error.message);
    }
  }

  async #sandbox({ cluster, node }: NodeName): Promise<Sandbox> {
    const nodes = this.#parts.cluster(cluster);
    if (nodes === undefined) throw new ClusterNotFoundError(cluster);
    const record = this.#parts.unit(cluster, node);
    const sandbox = record === undefined ? await this.#parts.former(cluster, node) : (record.launch ?? record.last);
    if (sandbox !== undefined) return sandbox;
    if (record === undefined) throw new PartNotFoundError("node", `cluster "${cluster}"`, node, nodes);
    const words = `node "${node}" of cluster "${cluster}" has not been launched yet, so it has no executor; its state says why`;
    throw new CkeError("node_not_running", words, { status: 409 });
  }
}

function gone({ cluster, node }: NodeName, { hostname, agentId }: Sandbox, directory: string, why: string) {
  const below = `slaves/${agentId}${directory}`;
  const words = `what the executor of node "${node}" of cluster "${cluster}" wrote cannot be read: ${why}; it was on ${hostname}, in ${below} below the work_dir of its Mesos agent (agents before Mesos 1.5 show it nowhere else)`;
  return new FilesGoneError(words, { host: hostname, agent: agentId, directory: below });
}

type Read = (offset: number, length: number) => Promise<{ readonly size: number; readonly data: Uint8Array }>;

async function* pieces(
  read: Read,
  { offset, length, follow }: FilePart,
  size: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = offset;
  let left = length ?? (follow === true ? Number.POSITIVE_INFINITY : size - offset);
  while (left > 0 && !signal.aborted) {
    const { data, size: now } = await read(at, Math.min(left, agentPieceBytes));
    if (data.length > 0) {
      yield data;
      at += data.length;
      left -= data.length;
      continue;
    }
    if (follow !== true) return;
    // It was rotated by the agent's logger: the new file follows from its beginning.
    if (now < at) at = 0;
    else await clock.sleep(followMs, signal).catch(() => {});
  }
}
