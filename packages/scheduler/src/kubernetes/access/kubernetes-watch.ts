// Watches of a cluster's API server: a request whose answer goes on, one JSON document a line.
import type { ClientRequest, IncomingMessage } from "node:http";
import { CkeError, messageOf } from "@cke/foundation";
import { z } from "zod";
import { ClusterUnreachableError, KubernetesApiError } from "./access-errors.ts";
import type { MasterConnections } from "./master-connections.ts";

export interface KubernetesWatches {
  /**
   * The documents of a watch as they come, until the API server ends it. `path`: with the query of a watch. Throws KubernetesApiError
   * when the API server refuses it, ClusterUnreachableError when no master answers, ClusterNotFoundError (404), and whatever `signal` is aborted with.
   */
  watch(cluster: string, path: string, signal: AbortSignal): AsyncIterable<unknown>;
}

/** An object of Kubernetes has at most 1.5 MiB in etcd (its default for a request), and is longer as JSON. */
const maxLineBytes = 8 * 1024 * 1024;
const maxRefusalBytes = 64 * 1024;

const statusObject = z.object({ message: z.string().default(""), reason: z.string().default("") });

export class MasterWatches implements KubernetesWatches {
  readonly #masters: Pick<MasterConnections, "request">;

  constructor(masters: Pick<MasterConnections, "request">) {
    this.#masters = masters;
  }

  async *watch(cluster: string, path: string, signal: AbortSignal): AsyncGenerator<unknown> {
    const headers = { accept: "application/json", "user-agent": "cke-scheduler" };
    const target = { cluster, service: "apiserver", identity: "cke" } as const;
    const asked = this.#masters.request(target, { method: "GET", path, headers, signal });
    try {
      const answered = response(asked);
      asked.end();
      const answer = await answered;
      if (answer.statusCode !== 200) throw await refusal(cluster, answer);
      for await (const line of linesOf(answer)) yield parsed(cluster, line);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof CkeError) throw error;
      throw new ClusterUnreachableError(cluster, messageOf(error), { cause: error });
    } finally {
      asked.destroy();
    }
  }
}

function response(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once("response", resolve);
    // It stays, because the answer may break off.
    asked.on("error", reject);
  });
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.iterator()) {
    let rest: Buffer = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield Buffer.concat([...pieces, rest.subarray(0, end)]).toString("utf8");
      [pieces, size, rest] = [[], 0, rest.subarray(end + 1)];
    }
    pieces.push(rest);
    size += rest.length;
    if (size > maxLineBytes) throw new Error(`an object of a watch is longer than ${maxLineBytes} bytes`);
  }
}

function parsed(cluster: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new KubernetesApiError(cluster, { status: 502, reason: "NotJson", message: "a line of a watch is no JSON" });
  }
}

async function refusal(cluster: string, answer: IncomingMessage): Promise<KubernetesApiError> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.iterator()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxRefusalBytes) break;
  }
  const { data } = statusObject.safeParse(jsonOf(Buffer.concat(chunks).toString("utf8")));
  const { message = "it gives no reason", reason = "" } = data ?? {};
  return new KubernetesApiError(cluster, { status: answer.statusCode ?? 0, reason, message });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
