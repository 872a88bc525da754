// Requests to a cluster's API server with all rights, JSON in and out. For the kind's own work on a cluster: nodes, evictions.
import type { ClientRequest, IncomingMessage } from "node:http";
import { boundedText, messageOf } from "@cke/foundation";
import { z } from "zod";
import { ClusterUnreachableError, KubernetesApiError } from "./access-errors.ts";
import type { MasterConnections } from "./master-connections.ts";

export interface KubernetesRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query: "/api/v1/nodes?limit=500". Names in it must be encoded already. */
  readonly path: string;
  /** Becomes JSON. */
  readonly body?: unknown;
  /** Default application/json; a PATCH needs one of Kubernetes' own. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** For all of it; default 30 s. */
  readonly timeoutMs?: number;
}

export interface KubernetesClient {
  /**
   * The answer's JSON; undefined for an empty one. Throws KubernetesApiError when the API server refuses, ClusterUnreachableError
   * when no master answers, ClusterNotFoundError (404). A GET is asked again of another master when its connection breaks.
   */
  request(cluster: string, request: KubernetesRequest): Promise<unknown>;
}

/** Of an answer. A list of some ten thousand pods. */
const maxAnswerBytes = 64 * 1024 * 1024;
const maxMessageBytes = 1_000;
/** Kept connections to a master that has just died may be as many as this. */
const attemptsOfGet = 6;

const statusObject = z.object({ message: z.string().default(""), reason: z.string().default("") });

export class MasterClient implements KubernetesClient {
  readonly #masters: MasterConnections;

  constructor(masters: MasterConnections) {
    this.#masters = masters;
  }

  async request(cluster: string, request: KubernetesRequest): Promise<unknown> {
    const { method, timeoutMs = 30_000, signal } = request;
    const late = AbortSignal.timeout(timeoutMs);
    const ends = signal === undefined ? late : AbortSignal.any([signal, late]);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return readAnswer(cluster, await this.#ask(cluster, request, ends));
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        if (late.aborted) {
          const why = `no answer within ${timeoutMs / 1_000} s`;
          throw new ClusterUnreachableError(cluster, why, { perhapsDone: method !== "GET", cause: error });
        }
        const broken = error instanceof ClusterUnreachableError && error.perhapsDone;
        if (!broken || method !== "GET" || attempt === attemptsOfGet) throw error;
      }
    }
  }

  async #ask(cluster: string, request: KubernetesRequest, signal: AbortSignal): Promise<Answer> {
    const { method, path, body, contentType = "application/json" } = request;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: "application/json",
      "user-agent": "cke-scheduler",
      ...(text === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(text) }),
    };
    const asked = this.#masters.request(
      { cluster, service: "apiserver", identity: "cke" },
      { method, path, headers, signal },
    );
    try {
      const answered = response(asked);
      asked.end(text);
      const answer = await answered;
      return { status: answer.statusCode ?? 0, text: await bounded(cluster, answer) };
    } catch (error) {
      asked.destroy();
      if (error instanceof ClusterUnreachableError || error instanceof KubernetesApiError) throw error;
      throw new ClusterUnreachableError(cluster, messageOf(error), { perhapsDone: true, cause: error });
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function response(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once("response", resolve);
    // It stays, because an answer may break off.
    asked.on("error", reject);
  });
}

async function bounded(cluster: string, answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.iterator()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= maxAnswerBytes) continue;
    const message = `the answer is longer than ${maxAnswerBytes} bytes; ask for less at a time (limit=…)`;
    throw new KubernetesApiError(cluster, { status: 413, reason: "AnswerTooLarge", message });
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readAnswer(cluster: string, { status, text }: Answer): unknown {
  const value = parsed(text);
  if (status >= 200 && status < 300 && value !== notJson) return value;
  const { data } = statusObject.safeParse(value);
  const plain = value === notJson ? text.trim() : "";
  const message = boundedText(data?.message ?? plain, { maxBytes: maxMessageBytes });
  const problem =
    status >= 200 && status < 300 ? { status: 502, reason: "NotJson" } : { status, reason: data?.reason ?? "" };
  throw new KubernetesApiError(cluster, { ...problem, message: message === "" ? "it gives no reason" : message });
}

const notJson = Symbol("not JSON");

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return notJson;
  }
}
