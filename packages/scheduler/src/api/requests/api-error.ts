// Turns everything that is thrown into an HTTP answer, in one place: {"error": "...", "code": "...", "problems": [...]}.
// An expected failure keeps its status and message. A programming error is a 500 whose message goes to the log only.
import { CkeError } from "@cke/foundation";
import { z } from "zod";
import { readSchema } from "../../workload/body/schema-messages.ts";
import { problemText, toldProblems } from "../../workload/body/told-problems.ts";

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly error: string;
    readonly code: string;
    readonly problems?: readonly { readonly path: string; readonly message: string }[];
    readonly warnings?: readonly string[];
    readonly details?: Readonly<Record<string, string>>;
  };
  /** True for a programming error, which the caller must log. */
  readonly unexpected: boolean;
}

export const errorSchema = z
  .object({
    error: z.string().describe("what is wrong, and which field"),
    code: z.string().describe("stable and machine-readable"),
    problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    warnings: z.array(z.string()).optional().describe("unknown fields of the body, which were ignored"),
    details: z.record(z.string(), z.string()).optional().describe("what is known beside it, by name"),
  })
  .describe("every error");

const withProblems = z.object({
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
  warnings: z.array(z.string()).default([]),
});
const withDetails = z.object({ details: z.record(z.string(), z.string()) });
const fromFastify = z.object({ code: z.string().startsWith("FST_"), statusCode: z.number().min(400).max(599) });

/** Seconds after which a client should try again when the failure is temporary. */
export const retryAfterSeconds = 2;

/** Statuses of temporary failures: nothing is wrong with the request itself. */
const temporary: ReadonlySet<number> = new Set([502, 503, 504]);

/** Makes the answer. `bodyLimit` (bytes) appears in the message of a 413. */
export function errorAnswer(thrown: unknown, bodyLimit: number): ErrorAnswer {
  if (thrown instanceof CkeError) {
    const problems = withProblems.safeParse(thrown);
    const detailed = withDetails.safeParse(thrown);
    return {
      status: thrown.status,
      headers: temporary.has(thrown.status) ? { "retry-after": String(retryAfterSeconds) } : {},
      body: {
        error: thrown.message,
        code: thrown.code,
        ...(problems.success ? { problems: problems.data.problems } : {}),
        ...(problems.success && problems.data.warnings.length > 0 ? { warnings: problems.data.warnings } : {}),
        ...(detailed.success ? { details: detailed.data.details } : {}),
      },
      unexpected: thrown.status === 500,
    };
  }
  const known = fromFastify.safeParse(thrown);
  if (known.success && known.data.statusCode < 500) {
    return { ...plain(known.data.statusCode, wordsOf(known.data.code, bodyLimit)), unexpected: false };
  }
  return { ...plain(500, "internal error; the scheduler's log has the details"), unexpected: true };
}

function plain(status: number, error: string): Omit<ErrorAnswer, "unexpected"> {
  return { status, headers: {}, body: { error, code: codes[status] ?? "bad_request" } };
}

const codes: Readonly<Record<number, string>> = {
  404: "not_found",
  413: "body_too_large",
  414: "url_too_long",
  415: "unsupported_media_type",
  500: "internal",
};

function wordsOf(code: string, bodyLimit: number): string {
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return `the body is larger than ${bodyLimit} bytes`;
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return 'the body must be JSON, with the header "Content-Type: application/json" (curl: -H "Content-Type: application/json") and a right Content-Length; text/plain and forms are not taken, for any web page can send them';
    case "FST_ERR_BAD_URL":
    case "FST_ERR_ASYNC_CONSTRAINT":
      return "the URL is not well-formed";
    case "FST_ERR_MAX_PARAM_LENGTH":
      return "a name in the URL is too long";
    default:
      return `the request is not acceptable (${code})`;
  }
}

/** 400 for a body or query that does not match its schema; lists every problem with its JSON path. */
export class BadRequestError extends CkeError {
  readonly problems: readonly { readonly path: string; readonly message: string }[];

  constructor(problems: readonly { readonly path: string; readonly message: string }[]) {
    const told = toldProblems(problems);
    super("bad_request", problemText(told), { status: 400 });
    this.problems = told;
  }
}

/** Returns the parsed value, or throws a BadRequestError with every problem. `what` names the whole, e.g. "the body". */
export function validate<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = readSchema(schema, value);
  if (result.success) return result.data;
  throw new BadRequestError(
    result.problems.map(({ path, message }) => {
      const where = jsonPath(path);
      return { path: where, message: where === "" ? `${what} ${message}` : message };
    }),
  );
}

/** ["nodes", 0, "name"] → "nodes[0].name" */
function jsonPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}${text === "" ? "" : "."}${String(part)}`),
    "",
  );
}
