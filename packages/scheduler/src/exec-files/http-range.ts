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

function rangeOf(range: string, size: number): FileAnswer {
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(range);
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return { status: 200 }; // another unit, several ranges, or no range at all
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? { status: 416 } : { status: 206, start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return { status: 200 }; // invalid, so the range is ignored
  if (start >= size) return { status: 416 };
  return { status: 206, start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
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
