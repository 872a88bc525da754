// Tokens of executors, as mesos-agent makes them with --authenticate_http_executors: a JSON Web Token (HS256) that names
// framework, executor and container. The key is in the agent's directory: tokens outlive a restart.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import type { RunKey } from "./checkpoint.ts";
import { readIfPresent, writeDurably } from "./durable-file.ts";

const claimsSchema = z.object({ fid: z.string(), eid: z.string(), cid: z.string() });
export type ExecutorClaims = z.output<typeof claimsSchema>;

const keyBytes = 32;
const head = Buffer.from(JSON.stringify({ alg: "HS256", typ: "JWT" })).toString("base64url");

export class ExecutorTokens {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Reads the key, or makes one. Throws CkeError `checkpoint_unreadable`. */
  static async load(path: string): Promise<ExecutorTokens> {
    const text = await readIfPresent(path);
    if (text === undefined) {
      const key = randomBytes(keyBytes);
      await writeDurably(path, key.toString("base64"));
      return new ExecutorTokens(key);
    }
    const key = Buffer.from(text, "base64");
    if (key.length === keyBytes) return new ExecutorTokens(key);
    throw new CkeError("checkpoint_unreadable", `${path} does not hold a key`);
  }

  issue({ framework, executor, container }: RunKey): string {
    const claims: ExecutorClaims = { fid: framework, eid: executor, cid: container };
    const body = `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
    return `${body}.${this.#signature(body).toString("base64url")}`;
  }

  /** The executor whose token is in an Authorization header; undefined without a token, or when this agent did not make it. */
  verify(header: string | undefined): ExecutorClaims | undefined {
    const [, body, claims, signature] = /^Bearer ([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(header ?? "") ?? [];
    if (body === undefined || claims === undefined || signature === undefined) return undefined;
    const given = Buffer.from(signature, "base64url");
    const right = this.#signature(body);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    return readClaims(claims);
  }

  #signature(body: string): Buffer {
    return createHmac("sha256", this.#key).update(body).digest();
  }
}

function readClaims(text: string): ExecutorClaims | undefined {
  try {
    return claimsSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    return undefined;
  }
}
