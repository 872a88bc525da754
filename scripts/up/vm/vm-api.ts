// A client of the part of the REST API of virtual machines that the set-up uses.
import { z } from "zod";

const stateSchema = z.object({
  name: z.string(),
  status: z.string(),
  status_reason: z.string(),
  step: z.string(),
  detail: z.string(),
  expect: z.string(),
  addresses: z.array(z.string()),
});
export type VmState = z.infer<typeof stateSchema>;
const bodySchema = z.object({ network: z.array(z.object({ ip: z.string() })).min(1) });

/** Longest time for one answer. */
const answerMs = 300_000;

export class VmApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/vm/v1/vms`;
  }

  async #request(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      signal: AbortSignal.timeout(answerMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { status: answer.status, text: await answer.text() };
  }

  async #expect(wanted: number, method: string, path: string, body?: object): Promise<string> {
    const { status, text } = await this.#request(method, path, body);
    if (status !== wanted) throw new Error(`${method} ${this.#url}${path} answered ${status}: ${text}`);
    return text;
  }

  async names(): Promise<readonly string[]> {
    return z
      .array(z.object({ name: z.string() }))
      .parse(JSON.parse(await this.#expect(200, "GET", "")))
      .map(({ name }) => name);
  }

  /** Undefined when there is no such VM. */
  async state(name: string): Promise<VmState | undefined> {
    const { status, text } = await this.#request("GET", `/${name}/state`);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`state of VM ${name}: ${status} ${text}`);
    return stateSchema.parse(JSON.parse(text));
  }

  async create(body: object): Promise<void> {
    await this.#expect(201, "POST", "", body);
  }

  async start(name: string): Promise<void> {
    await this.#expect(202, "POST", `/${name}/start`);
  }

  async remove(name: string): Promise<void> {
    await this.#expect(202, "DELETE", `/${name}`);
  }

  /** Of its first NIC, without the prefix length. */
  async address(name: string): Promise<string> {
    const { network } = bodySchema.parse(JSON.parse(await this.#expect(200, "GET", `/${name}/json`)));
    return network[0]?.ip.split("/")[0] ?? "";
  }

  /** Bytes that its guest has written to its serial console; 0 while that is not known. */
  async consoleLength(name: string): Promise<number> {
    const { status, text } = await this.#request("GET", `/${name}/files/logs/console.log`);
    return status === 200 ? text.length : 0;
  }
}

/** The line of `make status` about a VM. Pure. */
export function vmLine({ name, status, status_reason, addresses }: VmState): string {
  const why = status_reason === "" ? "" : ` (${status_reason})`;
  return `virtual machine ${name}: ${status}${why}${addresses.length === 0 ? "" : `, ${addresses.join(", ")}`}`;
}
