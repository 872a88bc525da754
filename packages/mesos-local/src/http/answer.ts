// HTTP answers as Mesos writes them: exact reason phrases, exact headers in exact order (Date is always the first).
// Facts: recordings scheduler-errors, raw-bytes, operator-api.
import { CkeError } from "@cke/foundation";
import type { MediaType } from "../wire/index.ts";

export interface Answer {
  readonly status: number;
  /** In order. Date comes first, unless it is named here; its value is filled in. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array;
}

/** The body of an answer that is a text. */
export const bodyText = ({ body }: Answer): string => (typeof body === "string" ? body : Buffer.from(body).toString());

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  202: "Accepted",
  307: "Temporary Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

export const reasonOf = (status: number) => reasons[status] ?? "Unknown";

const length = (body: string | Uint8Array) => ["Content-Length", String(Buffer.byteLength(body))] as const;

/** An error or a plain text; `first` are headers before those of the text. */
export const textAnswer = (status: number, body: string, first: Answer["headers"] = []): Answer => ({
  status,
  headers: [...first, ["Content-Type", "text/plain; charset=utf-8"], length(body)],
  body,
});

/** 202 of a scheduler or executor call. */
export const accepted: Answer = { status: 202, headers: [["Content-Length", "0"]], body: "" };

/** 200 without a body. */
export const done: Answer = { status: 200, headers: [["Content-Length", "0"]], body: "" };

/** JSON of the classic endpoints, as JSONP when `callback` is set: the length comes before the type. */
export function jsonAnswer(json: string, callback: string | null = null): Answer {
  const body = callback === null ? json : `${callback}(${json})`;
  const type = callback === null ? "application/json" : "text/javascript";
  return { status: 200, headers: [length(body), ["Content-Type", type]], body };
}

/** A message of the v1 operator API in the form of its media type: the type comes before the length. */
export const v1Answer = (body: string | Uint8Array, form: MediaType): Answer => ({
  status: 200,
  headers: [["Content-Type", form], length(body)],
  body,
});

export const notFound: Answer = textAnswer(404, "404 Not Found.");

/** Another method was wanted. */
export function methodNotAllowed(method: string, wanted: string): Answer {
  const body = `405 Method Not Allowed. Expecting one of { '${wanted}' }, but received '${method}'.`;
  return textAnswer(405, body, [["Allow", wanted]]);
}

/** The headers with the Date of now. */
export function datedHeaders(headers: Answer["headers"], now: number): Answer["headers"] {
  const date = ["Date", new Date(now).toUTCString()] as const;
  if (!headers.some(([name]) => name === "Date")) return [date, ...headers];
  return headers.map((header) => (header[0] === "Date" ? date : header));
}

export const isTooLarge = (error: unknown): error is CkeError =>
  error instanceof CkeError && error.code === "too_large";

/** The answer to a request that failed with this error. */
export const failureAnswer = (error: unknown): Answer =>
  isTooLarge(error) ? textAnswer(413, error.message) : textAnswer(500, "Internal error");
