// Probe of an http or https URL. Files (authority, certificate, key, token) are read at every run: they may be renewed, or
// come into being only later; the TLS context is made anew only when one of them has changed.
import { readFile, stat } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import type { SecureContext } from "node:tls";
import type { HttpCheck } from "@cke/protocol";
import { errnoWordsOf } from "../errors/wrapper-error.ts";
import { CheckFailure, type CheckRun } from "./check-run.ts";
import { mismatchWords, refusalWords } from "./http-answer.ts";

const bodyLimit = 1024 * 1024;

interface ContextOfFiles {
  readonly version: string;
  readonly context: SecureContext;
  /** Of the last verified connection: resumed, a probe costs both sides a fraction of a full handshake. */
  session?: Buffer;
}

export function httpCheck(check: HttpCheck): CheckRun {
  const url = new URL(check.url);
  const body = check.expectBody === "" ? undefined : new RegExp(check.expectBody);
  let known: ContextOfFiles | undefined;
  return async (signal) => {
    const options: RequestOptions = {
      method: "GET",
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, "user-agent": "cke-wrapper", accept: "*/*" },
      agent: false,
      signal,
      ...(check.unixSocket === ""
        ? { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port || (url.protocol === "https:" ? 443 : 80) }
        : { socketPath: check.unixSocket }),
    };
    if (check.bearerFile !== "") {
      const token = (await readNamed(check.bearerFile)).toString("utf8").trim();
      options.headers = { ...options.headers, authorization: `Bearer ${token}` };
    }
    if (url.protocol !== "https:") return verify(await answer(requestHttp, options), check, body);
    const version = await versionOf([check.caFile, check.certificateFile, check.keyFile]);
    if (known?.version !== version) known = { version, context: await secureContext(check) };
    const { request } = await import("node:https");
    const files = known;
    const secure = {
      ...options,
      secureContext: files.context,
      ...(files.session === undefined ? {} : { session: files.session }),
      rejectUnauthorized: !check.insecure,
      // A name in SNI must not be an address, RFC 6066 section 3; Node derives it from the host otherwise.
      servername: /^[\d.]+$|:/.test(url.hostname) ? "" : url.hostname,
    };
    const keepSession = (session: Buffer) => {
      files.session = session;
    };
    return verify(
      await answer((wanted, callback) => resumable(request(wanted, callback), keepSession), secure),
      check,
      body,
    );
  };
}

/** Tells the session of a connection whose server was verified; a failed handshake has none to tell. */
function resumable(outgoing: ClientRequest, keep: (session: Buffer) => void): ClientRequest {
  outgoing.on("socket", (socket) => socket.on("session", keep));
  return outgoing;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function answer(
  request: (options: RequestOptions, callback: (response: IncomingMessage) => void) => ReturnType<typeof requestHttp>,
  options: RequestOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= bodyLimit) chunks.push(chunk);
        else response.destroy(new Error(`the answer is larger than ${bodyLimit} bytes`));
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
      response.on("error", reject);
    });
    outgoing.on("error", (error) => reject(new Error(errnoWordsOf(error), { cause: error })));
    outgoing.end();
  });
}

function verify(received: Answer, check: HttpCheck, body: RegExp | undefined): void {
  const expected =
    check.expectStatus.length > 0
      ? check.expectStatus.includes(received.status)
      : received.status >= 200 && received.status < 400;
  if (!expected) throw new CheckFailure(refusalWords(received.status, received.body), received.body);
  if (body !== undefined && !body.test(received.body)) {
    throw new CheckFailure(mismatchWords(check.expectBody, received.body), received.body);
  }
}

async function readNamed(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Error(`cannot read ${file}: ${errnoWordsOf(error)}`, { cause: error });
  }
}

async function versionOf(files: readonly string[]): Promise<string> {
  const parts = files.map(async (file) => {
    if (file === "") return "";
    const found = await stat(file).catch(() => undefined);
    return found === undefined ? "missing" : `${found.ino}:${found.size}:${found.mtimeMs}`;
  });
  return (await Promise.all(parts)).join("|");
}

async function secureContext(check: HttpCheck): Promise<SecureContext> {
  const { createSecureContext } = await import("node:tls");
  const read = async (file: string) => (file === "" ? undefined : await readNamed(file));
  const [ca, cert, key] = await Promise.all([read(check.caFile), read(check.certificateFile), read(check.keyFile)]);
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (error) {
    throw new Error(`the TLS files of the probe cannot be used: ${errnoWordsOf(error)}`, { cause: error });
  }
}
