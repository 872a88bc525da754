// The terminals of all clusters: opens each in the first node that takes it, and counts them. What a session is made of ends with
// its stream: the wrapper leaves nothing of a command whose stream is gone.
import { CkeError, type Logger } from "@cke/foundation";
import type { ExecStream } from "../channel/exec-stream.ts";
import type { WorkloadChannels } from "../channel/workload-channels.ts";
import { consoleCommand } from "./console-command.ts";
import { type ConsoleNode, type ConsoleQuery, consoleNodes, consoleTitle } from "./console-request.ts";

export interface ConsoleSessionsOptions {
  readonly channels: WorkloadChannels;
  /** A cluster with its nodes, and whether it is to run. Throws a CkeError (404) for one that is not known. */
  readonly cluster: (name: string) => { readonly nodes: readonly ConsoleNode[]; readonly expect: string };
  readonly logger: Logger;
  /** Sessions of a cluster at a time; default 10. */
  readonly limit?: number | undefined;
}

export interface ConsoleSession {
  readonly stream: ExecStream;
  /** The node that it is in. */
  readonly node: string;
}

/** Whatever opens terminals: in nodes of clusters, or on serial lines. */
export interface TerminalSessions {
  run(
    name: string,
    query: ConsoleQuery,
    by: string,
    signal: AbortSignal,
    use: (session: ConsoleSession) => Promise<void>,
  ): Promise<void>;
}

const defaultLimit = 10;

export class ConsoleSessions implements TerminalSessions {
  readonly #options: ConsoleSessionsOptions;
  readonly #open = new Map<string, number>();

  constructor(options: ConsoleSessionsOptions) {
    this.#options = options;
  }

  /** Those of all clusters. */
  total(): number {
    return [...this.#open.values()].reduce((sum, open) => sum + open, 0);
  }

  /** Sessions of a cluster that are open, or being opened. */
  count(cluster: string): number {
    return this.#open.get(cluster) ?? 0;
  }

  /**
   * Runs a session from its opening to the end of `use`; `by` is for the log. Throws a CkeError: 404 for unknown names, 409 when no node of it runs, 429
   * when there are too many, and why there is no way to the node.
   */
  async run(
    cluster: string,
    query: ConsoleQuery,
    by: string,
    signal: AbortSignal,
    use: (session: ConsoleSession) => Promise<void>,
  ): Promise<void> {
    const { nodes: all, expect } = this.#options.cluster(cluster);
    const nodes = consoleNodes(query, all);
    if (nodes.length === 0) throw noNode(cluster, expect === "STOP");
    this.#enter(cluster);
    try {
      const session = await this.#begin(cluster, nodes, query, signal);
      const about = { cluster, node: session.node, terminal: consoleTitle(query), by };
      this.#options.logger.info("a terminal is open", about);
      try {
        await use(session);
      } finally {
        session.stream.close();
        this.#options.logger.info("a terminal is closed", about);
      }
    } finally {
      this.#leave(cluster);
    }
  }

  /** Opens it in the first node that can be reached; the error is that of the last one. */
  async #begin(
    cluster: string,
    nodes: readonly string[],
    query: ConsoleQuery,
    signal: AbortSignal,
  ): Promise<ConsoleSession> {
    const [node = "", ...others] = nodes;
    try {
      const channel = await this.#options.channels.open(cluster, node, signal);
      return { stream: await channel.exec(consoleCommand(cluster, query), signal), node };
    } catch (error) {
      if (others.length === 0 || signal.aborted) throw error;
      this.#options.logger.debug("no terminal in this node; the next one is tried", { cluster, node, error });
      return await this.#begin(cluster, others, query, signal);
    }
  }

  #enter(cluster: string): void {
    const { limit = defaultLimit } = this.#options;
    const open = this.count(cluster);
    if (open >= limit) throw tooManySessions(cluster, limit);
    this.#open.set(cluster, open + 1);
  }

  #leave(cluster: string): void {
    const open = this.count(cluster) - 1;
    if (open > 0) this.#open.set(cluster, open);
    else this.#open.delete(cluster);
  }
}

function noNode(cluster: string, stopped: boolean): CkeError {
  const why = stopped
    ? `the cluster is stopped, and POST /k8s/v1/clusters/${cluster}/start starts it again`
    : "the cluster's state says why";
  const words = `no console and no master of cluster "${cluster}" runs now, and a terminal needs one; ${why}`;
  return new CkeError("node_not_running", words, { status: 409 });
}

function tooManySessions(cluster: string, limit: number): CkeError {
  const words = `cluster "${cluster}" has ${limit} terminals open, and no more are allowed at a time: close one, then try again`;
  return new CkeError("too_many_sessions", words, { status: 429, retryable: true });
}
