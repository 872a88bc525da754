// A client of the part of the scheduler's REST API that the set-up uses.
import { z } from "zod";

const stateSchema = z.object({
  status: z.string(),
  status_reason: z.string(),
  nodes: z.array(
    z.object({
      name: z.string(),
      expect: z.string(),
      status: z.string(),
      reason: z.string(),
      step: z.string(),
      detail: z.string(),
      unresponsive_since: z.string(),
      processes: z.array(
        z.object({
          name: z.string(),
          status: z.string(),
          task_state: z.string(),
          reason: z.string(),
          restarts: z.number(),
          pid: z.number(),
          healthy: z.boolean(),
        }),
      ),
    }),
  ),
  plan: z.object({
    nodes: z.array(
      z.object({
        node: z.string(),
        paused: z.string(),
        stat: z.number(),
        total_stat: z.number(),
        phases: z.array(z.object({ number: z.number(), name: z.string(), status: z.string(), reason: z.string() })),
      }),
    ),
    paused: z.string(),
    steps: z.array(z.object({ node: z.string(), explanation: z.string() })),
  }),
  pending: z.array(z.object({ node: z.string() })),
});
export type ClusterState = z.infer<typeof stateSchema>;

const unreadySchema = z.object({ error: z.string() });

/** Longest time for one answer. A busy scheduler may be slow; one that needs longer than this stands still. */
const answerMs = 300_000;

export class Api {
  readonly #url: string;
  readonly #answerMs: number;

  /** `limitMs`: longest time for one answer. */
  constructor(url: string, limitMs = answerMs) {
    this.#url = url;
    this.#answerMs = limitMs;
  }

  async #request(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        signal: AbortSignal.timeout(this.#answerMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const silent = error instanceof Error && error.name === "TimeoutError";
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      const words = silent ? `no answer within ${this.#answerMs / 1000} s` : cause;
      throw new Error(`${method} ${this.#url}${path}: ${words}`, { cause: error });
    }
  }

  async #expect(wanted: number, method: string, path: string, body?: unknown): Promise<string> {
    const { status, text } = await this.#request(method, path, body);
    if (status !== wanted) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return text;
  }

  /** What is missing until the scheduler is ready; "" when it answers and is connected to Mesos. */
  async unready(): Promise<string> {
    try {
      const { status, text } = await this.#request("GET", "/readyz");
      if (status === 200) return "";
      const words = unreadySchema.safeParse(JSON.parse(text));
      return words.success && words.data.error !== "" ? words.data.error : `/readyz answers ${status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** True when the scheduler answers and is connected to Mesos. */
  async ready(): Promise<boolean> {
    return (await this.unready()) === "";
  }

  async create(body: unknown): Promise<void> {
    await this.#expect(201, "POST", "/k8s/v1/clusters", body);
  }

  async clusters(): Promise<readonly string[]> {
    return z
      .array(z.object({ name: z.string() }))
      .parse(JSON.parse(await this.#expect(200, "GET", "/k8s/v1/clusters")))
      .map(({ name }) => name);
  }

  /** Undefined when there is no such cluster. */
  async state(name: string): Promise<ClusterState | undefined> {
    const { status, text } = await this.#request("GET", `/k8s/v1/clusters/${name}/state`);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`state of ${name}: ${status} ${text}`);
    return stateSchema.parse(JSON.parse(text));
  }

  /** For this host, which is in the cluster's network: it works without the scheduler too. */
  kubeconfig(name: string): Promise<string> {
    return this.#expect(200, "GET", `/k8s/v1/clusters/${name}/kubeconfig?via=direct`);
  }

  async stop(name: string): Promise<void> {
    await this.#expect(202, "POST", `/k8s/v1/clusters/${name}/stop`);
  }

  async start(name: string): Promise<void> {
    await this.#expect(202, "PATCH", `/k8s/v1/clusters/${name}`, { expect: "RUN" });
  }

  async stopNode(name: string, node: string): Promise<void> {
    await this.#expect(202, "PATCH", `/k8s/v1/clusters/${name}/nodes/${node}`, { expect: "STOP" });
  }

  async replaceNode(name: string, node: string): Promise<void> {
    await this.#expect(202, "POST", `/k8s/v1/clusters/${name}/nodes/${node}/replace`);
  }

  async startNode(name: string, node: string): Promise<void> {
    await this.#expect(202, "PATCH", `/k8s/v1/clusters/${name}/nodes/${node}`, { expect: "RUN" });
  }

  async remove(name: string): Promise<void> {
    await this.#expect(202, "DELETE", `/k8s/v1/clusters/${name}`);
  }
}
