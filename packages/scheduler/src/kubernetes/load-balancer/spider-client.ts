// The API of the spider load balancer: exactly the calls that it has. Answers are bounded and checked.
import { CkeError, messageOf } from "@cke/foundation";
import { z } from "zod";

/** What the load balancer is asked for. All calls throw a CkeError with the reason, and may be repeated. */
export interface LoadBalancerClient {
  addHosts(vpc: string, hosts: readonly string[]): Promise<void>;
  removeHosts(vpc: string, hosts: readonly string[]): Promise<void>;
  /** Its addresses for the vpc. */
  vip(vpc: string): Promise<readonly string[]>;
  /** Ids of the vpc's services. */
  services(vpc: string): Promise<readonly string[]>;
  /** A service that is not there is no error. */
  deleteService(vpc: string, id: string): Promise<void>;
  /** Ends the calls that are under way; none can be made any more. */
  close(): void;
}

export interface SpiderClientOptions {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** Asked before each call. False: this scheduler may not act any more. */
  readonly mayCall: () => boolean;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

const maxAnswerBytes = 1024 * 1024;
const text = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(256));
const service = z.union([
  text,
  z.looseObject({ serviceid: text }).transform(({ serviceid }) => serviceid),
  z.looseObject({ serviceId: text }).transform(({ serviceId }) => serviceId),
  z.looseObject({ id: text }).transform(({ id }) => id),
]);
const valuesOf = <T>(item: z.ZodType<T>) =>
  z.looseObject({ value: z.array(item).max(10_000).nullish() }).transform(({ value }) => value ?? []);
const vipAnswer = valuesOf(text);
const servicesAnswer = valuesOf(service);

export class SpiderClient implements LoadBalancerClient {
  readonly #endpoint: string;
  readonly #timeoutMs: number;
  readonly #mayCall: () => boolean;
  readonly #closed = new AbortController();

  constructor({ endpoint, mayCall, timeoutMs = 10_000 }: SpiderClientOptions) {
    this.#endpoint = endpoint;
    this.#mayCall = mayCall;
    this.#timeoutMs = timeoutMs;
  }

  close(): void {
    this.#closed.abort(new Error("this scheduler leads no longer"));
  }

  async addHosts(vpc: string, hosts: readonly string[]): Promise<void> {
    await this.#ask("POST", "/v1/spider/cke/host/add", { vpc, host: hosts });
  }

  async removeHosts(vpc: string, hosts: readonly string[]): Promise<void> {
    await this.#ask("POST", "/v1/spider/cke/host/update", { vpc, host: hosts });
  }

  async vip(vpc: string): Promise<readonly string[]> {
    const path = `/v1/spider/lb/vip/get?${new URLSearchParams({ vpcTenant: vpc })}`;
    return read(vipAnswer, await this.#ask("GET", path), path);
  }

  async services(vpc: string): Promise<readonly string[]> {
    const path = `/v1/spider/lb/service/get?${new URLSearchParams({ vpc })}`;
    return read(servicesAnswer, await this.#ask("GET", path), path);
  }

  async deleteService(vpc: string, id: string): Promise<void> {
    const query = new URLSearchParams({ vpc, serviceid: id });
    await this.#ask("DELETE", `/v1/spider/lb/service/del/?${query}`, undefined, [404]);
  }

  async #ask(method: string, path: string, body?: unknown, alsoFine: readonly number[] = []): Promise<string> {
    const what = `${method} ${path.split("?", 1)[0]}`;
    if (!this.#mayCall()) throw failure(`${what}: this scheduler leads no longer`);
    try {
      const answer = await fetch(`${this.#endpoint}${path}`, {
        method,
        redirect: "error",
        signal: AbortSignal.any([AbortSignal.timeout(this.#timeoutMs), this.#closed.signal]),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const said = await boundedText(answer);
      if (answer.ok || alsoFine.includes(answer.status)) return said;
      throw failure(`${what} is answered ${answer.status}: ${said.slice(0, 300)}`);
    } catch (error) {
      if (error instanceof CkeError) throw error;
      const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : "";
      throw failure(`${what}: ${messageOf(error)}${cause}`);
    }
  }
}

async function boundedText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw failure(`an answer of more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function read<T>(schema: z.ZodType<T>, body: string, path: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw failure(`GET ${path.split("?", 1)[0]}: the answer is not {"value":[…]}: ${body.slice(0, 300)}`);
  }
}

const failure = (words: string) => new CkeError("load_balancer_failed", words, { status: 502, retryable: true });
