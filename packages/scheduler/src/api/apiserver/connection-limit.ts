// Bounds the connections that are passed on to one cluster's API server at a time, so that they take neither the memory of this
// scheduler nor all streams of a master's channel.
import { CkeError } from "@cke/foundation";
import { streamsPerChannel } from "@cke/protocol";

/**
 * Streams of a master's channel that are left for the scheduler's own requests to API server and etcd, for terminals and for files: a
 * drain must go on, however many watches there are.
 */
const keptStreams = 64;
/** Each has a stream of one master's channel. A watch, an exec and a request that is being answered count as one each. */
export const connectionsPerCluster = streamsPerChannel - keptStreams;

export class ConnectionLimit {
  readonly #open = new Map<string, number>();

  /** Counts one more until the stream is closed. Throws a CkeError (503) when there are too many. */
  enter(cluster: string, stream: ClosingStream): void {
    const open = this.#open.get(cluster) ?? 0;
    if (open >= connectionsPerCluster) throw tooMany(cluster);
    if (stream.closed) return;
    this.#open.set(cluster, open + 1);
    stream.once("close", () => {
      const rest = (this.#open.get(cluster) ?? 0) - 1;
      if (rest > 0) this.#open.set(cluster, rest);
      else this.#open.delete(cluster);
    });
  }
}

interface ClosingStream {
  readonly closed: boolean;
  once(event: "close", listener: () => void): unknown;
}

function tooMany(cluster: string): CkeError {
  const words = `${connectionsPerCluster} requests and connections go through this scheduler to the API of cluster "${cluster}" now (watches, exec, port-forward), and no more are allowed at a time: end some, ask again later, or use another way (kubeconfig?via=port or direct)`;
  return new CkeError("too_many_connections", words, { status: 503, retryable: true });
}
