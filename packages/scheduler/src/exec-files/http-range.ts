// Conditional and range requests of RFC 9110 as pure functions: the answer for a file of known size and ETag.

export interface FileIdentity {
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** UNIX time in milliseconds. */
  readonly modifiedMs: number;
}

export interface FileRequest {
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
}

export type FileAnswer =
  | { readonly status: 200 }
  | { readonly status: 206; readonly start: number; readonly end: number }
  | { readonly status: 304 }
  | { readonly status: 416 };

/** The answer to a request. A request for several ranges gets the whole file, which RFC 9110 §14.2 allows. */
export function answerFor(file: FileIdentity, request: FileRequest): FileAnswer {
  if (request.ifNoneMatch !== undefined) {
    if (matchesEtag(request.ifNoneMatch, file.etag)) return { status: 304 };
  } else if (request.ifModifiedSince !== undefined && notModifiedSince(request.ifModifiedSince, file)) {
    return { status: 304 };
  }
  if (request.range === undefined) return { status: 200 };
  if (request.ifRange !== undefined && !sameAs(request.ifRange, file)) return { status: 200 };
  return rangeOf(request.range, file.size);
}

/** One range of bytes: from a start to an end (included; default: the end of the file), or the last so many bytes. */
export type ByteRange =
  | { readonly kind: "from"; readonly start: number; readonly last?: number }
  | { readonly kind: "suffix"; readonly length: number };

/** Undefined for what is ignored: another unit, several ranges, an end before its start. */
export function parseRange(range: string): ByteRange | undefined {
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(range);
  const [, first = "", last = ""] = match ?? [];
  if (first === "") return last === "" ? undefined : { kind: "suffix", length: Number(last) };
  const start = Number(first);
  if (last === "") return { kind: "from", start };
  return Number(last) < start ? undefined : { kind: "from", start, last: Number(last) };
}

function rangeOf(text: string, size: number): FileAnswer {
  const range = parseRange(text);
  if (range === undefined) return { status: 200 };
  if (range.kind === "suffix") {
    const length = Math.min(range.length, size);
    return length === 0 ? { status: 416 } : { status: 206, start: size - length, end: size - 1 };
  }
  if (range.start >= size) return { status: 416 };
  return { status: 206, start: range.start, end: Math.min(range.last ?? size - 1, size - 1) };
}

function matchesEtag(header: string, etag: string): boolean {
  if (header.trim() === "*") return true;
  return header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}

const wholeSeconds = (ms: number) => Math.floor(ms / 1000) * 1000;

function notModifiedSince(header: string, file: FileIdentity): boolean {
  const since = Date.parse(header);
  return !Number.isNaN(since) && wholeSeconds(file.modifiedMs) <= since;
}

/** If-Range needs the strong comparison: with a weak ETag or an older date the whole file is the answer. */
function sameAs(header: string, file: FileIdentity): boolean {
  if (header.startsWith('"')) return header === file.etag;
  const date = Date.parse(header);
  return !Number.isNaN(date) && wholeSeconds(file.modifiedMs) === date;
}
