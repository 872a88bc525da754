// What both servers read of a request: its target and its whole body, which has a bound.
import type { IncomingMessage } from "node:http";
import { CkeError } from "@cke/foundation";
import { readQuery } from "./query.ts";

const maxBodyBytes = 64 * 1024 * 1024;

interface RequestTarget {
  /** Percent-decoded, without query and without a trailing slash. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export function targetOf(url = "/"): RequestTarget {
  const [path = "/", query = ""] = url.split("?", 2);
  return { path: decodePath(path).replace(/(.)\/+$/, "$1"), query: readQuery(query) };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Reads the whole body. Rejects with CkeError `too_large` (status 413). */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBodyBytes) throw new CkeError("too_large", "the request is too large", { status: 413 });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
