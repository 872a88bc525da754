// Parses JSON bodies; an error gives the position. Only JSON content types are accepted (RFC 8259, RFC 6839 §3.1), because a
// page of another origin may send text/plain and forms without a CORS preflight.
import { CkeError } from "@cke/foundation";
import type { FastifyInstance } from "fastify";
import { BadRequestError } from "./api-error.ts";
import { prototypeField, shapeProblem } from "./body-shape.ts";
import { jsonErrorPosition } from "./json-position.ts";

export class MalformedJsonError extends CkeError {
  constructor(message: string) {
    super("malformed_json", message, { status: 400 });
  }
}

/** The value of a JSON text; undefined for an empty one. */
export function parseJson(text: string): unknown {
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (body.trim() === "") return undefined;
  try {
    return JSON.parse(body);
  } catch {
    const position = jsonErrorPosition(body);
    const before = body.slice(0, position).split("\n");
    const where = `position ${position}, line ${before.length} column ${(before.at(-1) ?? "").length + 1}`;
    const found = position >= body.length ? "it ends too early" : `unexpected ${JSON.stringify(body.charAt(position))}`;
    throw new MalformedJsonError(`the body is not JSON: ${found} at ${where}`);
  }
}

/**
 * The body, if it may be read. Throws a MalformedJsonError or a BadRequestError (400), or a CkeError (413) for one that is too large in
 * its shape.
 */
function readBody(text: string): unknown {
  const value = parseJson(text);
  const problem = shapeProblem(value);
  if (problem !== "") throw new CkeError("body_too_large", `the body ${problem}`, { status: 413 });
  const path = prototypeField(value);
  if (path === undefined) return value;
  throw new BadRequestError([{ path, message: "__proto__ is not a valid name: give another one" }]);
}

/** Makes the instance read JSON bodies; any other content type is 415. */
export function addJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:[\w!#$&^.+-]+\+)?json *(?:;|$)/i,
    { parseAs: "string" },
    async (_request: unknown, body: string | Buffer) => readBody(body.toString()),
  );
}
