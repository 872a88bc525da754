// The part of the scheduler's REST API that the set-up uses.
import { z } from "zod";

const stateSchema = z.object({
  status: z.string(),
  nodes: z.array(
    z.object({
      name: z.string(),
      reason: z.string(),
      step: z.string(),
      detail: z.string(),
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
        stat: z.number(),
        total_stat: z.number(),
        phases: z.array(z.object({ number: z.number(), name: z.string(), status: z.string(), reason: z.string() })),
      }),
    ),
  }),
});
export type ClusterState = z.infer<typeof stateSchema>;

export class Api {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async #request(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      signal: AbortSignal.timeout(20_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { status: response.status, text: await response.text() };
  }

  async #expect(wanted: number, method: string, path: string, body?: unknown): Promise<string> {
    const { status, text } = await this.#request(method, path, body);
    if (status !== wanted) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return text;
  }

  /** Whether the scheduler answers, and is connected to Mesos. */
  async ready(): Promise<boolean> {
    try {
      return (await this.#request("GET", "/readyz")).status === 200;
    } catch {
      return false;
    }
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

  /** undefined when there is no such cluster. */
  async state(name: string): Promise<ClusterState | undefined> {
    const { status, text } = await this.#request("GET", `/k8s/v1/clusters/${name}/state`);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`state of ${name}: ${status} ${text}`);
    return stateSchema.parse(JSON.parse(text));
  }

  kubeconfig(name: string): Promise<string> {
    return this.#expect(200, "GET", `/k8s/v1/clusters/${name}/kubeconfig`);
  }

  async remove(name: string): Promise<void> {
    await this.#expect(202, "DELETE", `/k8s/v1/clusters/${name}`);
  }
}
