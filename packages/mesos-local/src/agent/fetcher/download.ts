// HTTP(S) downloads of the fetcher: redirects followed, a stalled transfer given up, error texts as the fetcher's own.
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { CkeError, messageOf } from "@cke/foundation";

const maxRedirects = 10;

interface DownloadOptions {
  readonly signal: AbortSignal;
  /** No byte for that long fails the download. */
  readonly stallTimeoutMs: number;
}

const failure = (text: string, cause?: unknown) =>
  new CkeError("download_failed", text, { retryable: true, ...(cause === undefined ? {} : { cause }) });

/** Size that the server announces for `url` (HEAD); undefined without a Content-Length. */
export async function contentLength(url: URL, options: DownloadOptions): Promise<number | undefined> {
  const response = await openResponse(url, "HEAD", options);
  response.resume();
  if (response.statusCode !== 200) throw failure(`HEAD answered HTTP return code ${response.statusCode}`);
  const length = response.headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

/** Downloads into `file`, which is created first. Throws CkeError `download_failed`. */
export async function download(url: URL, file: string, options: DownloadOptions): Promise<void> {
  const target = await openTarget(file);
  try {
    const response = await openResponse(url, "GET", options);
    if (response.statusCode !== 200) {
      response.destroy();
      throw failure(`Error downloading resource, received HTTP return code ${response.statusCode}`);
    }
    for await (const chunk of response) await target.writeFile(chunk);
  } catch (error) {
    throw error instanceof CkeError ? error : failure(`Error downloading resource: ${messageOf(error)}`, error);
  } finally {
    await target.close();
  }
}

async function openTarget(file: string): Promise<FileHandle> {
  if (file.endsWith("/")) throw failure("Error downloading resource: Is a directory");
  try {
    return await open(file, "w", 0o644);
  } catch (error) {
    throw failure(`Error downloading resource: ${messageOf(error)}`, error);
  }
}

async function openResponse(url: URL, method: "HEAD" | "GET", options: DownloadOptions): Promise<IncomingMessage> {
  let current = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await send(current, method, options);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    const next = URL.parse(location, current.href);
    if (next === null || !/^https?:$/.test(next.protocol)) throw failure(`Error downloading resource: bad redirect`);
    current = next;
  }
  throw failure(`Error downloading resource: more than ${maxRedirects} redirects`);
}

function send(url: URL, method: "HEAD" | "GET", limits: DownloadOptions): Promise<IncomingMessage> {
  const { signal, stallTimeoutMs } = limits;
  return new Promise((resolve, reject) => {
    const options = { method, headers: { Host: url.host, Accept: "*/*" }, agent: false, signal } as const;
    const request = url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
    request.setTimeout(stallTimeoutMs, () => {
      request.destroy(failure(`Error downloading resource: no progress for ${stallTimeoutMs / 1000} s`));
    });
    request.once("response", resolve);
    request.on("error", (error) => reject(error instanceof CkeError ? error : failure(connectText(error), error)));
    request.end();
  });
}

function connectText(error: Error): string {
  const refused = "code" in error && error.code === "ECONNREFUSED";
  return `Error downloading resource: ${refused ? "Couldn't connect to server" : messageOf(error)}`;
}
