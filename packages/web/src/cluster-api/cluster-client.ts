// The cluster's own API, through the scheduler. The administrator's token is asked for once and is in this page's memory only.
import { isRecord, type Json, textAt } from "./objects.ts";

export interface Ask {
  readonly method?: "GET" | "DELETE" | "PATCH";
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** An answer that is no success, in the words of the API server or of the scheduler. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

export class ClusterClient {
  /** `/k8s/v1/clusters/<name>` */
  readonly #base: string;
  #token: Promise<string> | undefined;

  constructor(base: string) {
    this.#base = base;
  }

  /** Throws ApiError, or a TypeError when the scheduler cannot be reached. */
  async request(path: string, ask: Ask = {}): Promise<Response> {
    const answer = await this.#send(path, ask);
    if (answer.status !== 401) return await succeeded(answer);
    // The cluster may have been created anew under its name.
    this.#token = undefined;
    return await succeeded(await this.#send(path, ask));
  }

  async json(path: string, ask: Ask = {}): Promise<Json> {
    const value: unknown = await (await this.request(path, ask)).json();
    if (!isRecord(value)) throw new ApiError(502, `the answer to ${path} is no object`);
    return value;
  }

  /** A WebSocket of the API server: browsers let no page set a header there, so the token is one of the subprotocols. */
  async socket(path: string): Promise<WebSocket> {
    const token = btoa(await this.token())
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
    const url = new URL(`${this.#base}/apiserver${path}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(url, [`base64url.bearer.authorization.k8s.io.${token}`, "binary.k8s.io"]);
  }

  async token(): Promise<string> {
    this.#token ??= this.#askToken().catch((error: unknown) => {
      this.#token = undefined;
      throw error;
    });
    return await this.#token;
  }

  async #askToken(): Promise<string> {
    const answer = await succeeded(await fetch(`${this.#base}/adminToken`, { cache: "no-store" }));
    return textAt(await answer.json(), "AdminToken");
  }

  async #send(
    path: string,
    { method = "GET", body, contentType = "application/json", signal }: Ask,
  ): Promise<Response> {
    const headers = new Headers({ authorization: `Bearer ${await this.token()}`, accept: "application/json, */*" });
    if (body !== undefined) headers.set("content-type", contentType);
    return await fetch(`${this.#base}/apiserver${path}`, {
      method,
      headers,
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

async function succeeded(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  const text = await answer.text();
  throw new ApiError(answer.status, messageIn(text) || `HTTP ${answer.status} ${answer.statusText}`);
}

/** The message of a Status of Kubernetes, or the error of the scheduler. */
function messageIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return textAt(value, "message") || textAt(value, "error");
  } catch {
    return text.slice(0, 500);
  }
}
