// What the answer to a request for the rest of a download means. Pure.

/** What is remembered of a download beside its bytes, so that another process can go on with it. */
export interface DownloadState {
  /** Strong validators only; "" when the server gave none. */
  readonly etag: string;
  readonly lastModified: string;
  /** undefined when the server did not say. */
  readonly bytes: number | undefined;
}

export const noState: DownloadState = { etag: "", lastModified: "", bytes: undefined };

/** Headers for the bytes from `have` on. Without a validator, only a content that is checked by its sum may be continued. */
export function resumeHeaders(
  have: number,
  state: DownloadState,
  sumIsKnown: boolean,
): Readonly<Record<string, string>> | undefined {
  if (have === 0) return undefined;
  const validator = state.etag || state.lastModified;
  if (validator === "" && !sumIsKnown) return undefined;
  return { Range: `bytes=${have}-`, ...(validator === "" ? {} : { "If-Range": validator }) };
}

export interface Answered {
  readonly status: number;
  readonly header: (name: string) => string;
}

export type Decision =
  /** Its body continues what is there. */
  | { readonly kind: "append"; readonly state: DownloadState }
  /** Its body is the whole content. */
  | { readonly kind: "restart"; readonly state: DownloadState }
  /** Everything is there. */
  | { readonly kind: "complete" }
  /** The content that is known already has not changed. */
  | { readonly kind: "unchanged" }
  /** Begin again without what is there. */
  | { readonly kind: "discard" }
  | { readonly kind: "retry"; readonly why: string; readonly afterMs: number }
  | { readonly kind: "refused"; readonly code: string; readonly why: string };

const missing: readonly number[] = [404, 410];
const temporary: readonly number[] = [408, 425, 429];

/** `have`: bytes that are there. */
export function judgeAnswer(have: number, { status, header }: Answered): Decision {
  if (status === 304) return { kind: "unchanged" };
  if (status === 416) return judgeUnsatisfied(have, header("content-range"));
  if (status === 206 || status === 200) {
    const encoding = header("content-encoding");
    if (encoding !== "" && encoding !== "identity")
      return {
        kind: "refused",
        code: "image_unreachable",
        why: `the server compresses it (${encoding}) though it was asked not to`,
      };
  }
  if (status === 206) return judgeRange(have, header);
  if (status === 200) return { kind: "restart", state: stateOf(header, length(header("content-length"))) };
  if (missing.includes(status))
    return { kind: "refused", code: "image_not_found", why: `the server has no such image (${status})` };
  if (temporary.includes(status) || status >= 500)
    return { kind: "retry", why: `the server answers ${status}`, afterMs: retryAfterMs(header("retry-after")) };
  if (status === 401 || status === 403)
    return { kind: "refused", code: "image_not_found", why: `the server does not give it to this host (${status})` };
  return { kind: "refused", code: "image_unreachable", why: `the server answers ${status}` };
}

function judgeRange(have: number, header: Answered["header"]): Decision {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header("content-range"));
  if (range === null || Number(range[1]) !== have) return { kind: "discard" };
  return { kind: "append", state: stateOf(header, range[3] === "*" ? undefined : Number(range[3])) };
}

function judgeUnsatisfied(have: number, contentRange: string): Decision {
  const total = /^bytes \*\/(\d+)$/.exec(contentRange)?.[1];
  return total !== undefined && Number(total) === have ? { kind: "complete" } : { kind: "discard" };
}

const maxHeader = 1_024;

function stateOf(header: Answered["header"], bytes: number | undefined): DownloadState {
  const etag = header("etag");
  const bounded = (text: string) => (text.length > maxHeader ? "" : text);
  // A weak validator says "much the same", which is not enough to join two halves.
  return { etag: etag.startsWith("W/") ? "" : bounded(etag), lastModified: bounded(header("last-modified")), bytes };
}

function length(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

const maxRetryAfterMs = 60_000;

function retryAfterMs(text: string): number {
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text) * 1_000, maxRetryAfterMs) : 0;
}
