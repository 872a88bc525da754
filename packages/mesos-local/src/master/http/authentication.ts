// HTTP basic authentication of requests to the master, with the realms of Mesos' own flags. Facts: recording auth.
import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { CkeError, messageOf } from "@cke/foundation";
import * as z from "zod";
import { type Answer, textAnswer } from "../../http/answer.ts";

/** Frameworks; operators who read; operators who change something. */
export type Realm = "scheduler" | "readonly" | "readwrite";

export interface Authentication {
  /** The realms that ask for a principal: flags authenticate_http_frameworks, …_readonly and …_readwrite. */
  readonly realms: ReadonlySet<Realm>;
  /** Principal → secret. */
  readonly credentials: ReadonlyMap<string, string>;
}

/** Paths that anybody may read, as in Mesos. */
const open = new Set(["/health", "/version", "/redirect", "/", "/help"]);
const changing =
  /^\/(api\/v1|maintenance\/schedule|machine\/(up|down)|logging\/toggle|quota|weights|teardown|(un)?reserve|(create|destroy)-volumes)$/;

/** The realm of a path, without /master; undefined: anybody. */
export function realmOf(path: string): Realm | undefined {
  if (path === "/api/v1/scheduler") return "scheduler";
  if (open.has(path)) return undefined;
  return changing.test(path) ? "readwrite" : "readonly";
}

/** The principal of the request (undefined when the realm does not authenticate), or the answer 401. */
export function authenticate(
  authentication: Authentication | undefined,
  realm: Realm | undefined,
  header: string | undefined,
): { readonly principal?: string } | { readonly refused: Answer } {
  if (authentication === undefined || realm === undefined || !authentication.realms.has(realm)) return {};
  const [, encoded] = /^Basic (\S+)$/.exec(header ?? "") ?? [];
  const text = Buffer.from(encoded ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  const [principal, secret] = [text.slice(0, colon), text.slice(colon + 1)];
  const wanted = colon < 0 ? undefined : authentication.credentials.get(principal);
  if (wanted !== undefined && same(wanted, secret)) return { principal };
  const challenge = ["WWW-Authenticate", `Basic realm="mesos-master-${realm}"`] as const;
  return { refused: textAnswer(401, "401 Unauthorized.", [challenge]) };
}

function same(wanted: string, given: string): boolean {
  const [a, b] = [Buffer.from(wanted), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const credentialsSchema = z.object({
  credentials: z.array(z.object({ principal: z.string().min(1), secret: z.string() })),
});

/**
 * Reads the file of the flag credentials in one of Mesos' two forms: JSON, or a principal and its secret a line. Throws
 * CkeError `invalid_flag`; no secret is in its text.
 */
export function readCredentials(path: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(path.replace(/^file:\/\//, ""), "utf8");
  } catch (cause) {
    throw invalid(`cannot read the credentials in ${path}: ${messageOf(cause)}`);
  }
  if (text.trimStart().startsWith("{")) return new Map(jsonCredentials(path, text));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return new Map(
    lines.map((line, index) => {
      const [principal, secret, ...more] = line.trim().split(/\s+/);
      if (principal === undefined || secret === undefined || more.length > 0) {
        throw invalid(`line ${index + 1} of ${path} should be a principal, a space and its secret`);
      }
      return [principal, secret] as const;
    }),
  );
}

function jsonCredentials(path: string, text: string): (readonly [string, string])[] {
  try {
    const { credentials } = credentialsSchema.parse(JSON.parse(text));
    return credentials.map(({ principal, secret }) => [principal, secret] as const);
  } catch {
    throw invalid(`${path} should be {"credentials": [{"principal": …, "secret": …}]}`);
  }
}

const invalid = (message: string) => new CkeError("invalid_flag", message, { status: 400 });
