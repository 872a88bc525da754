import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, silentLogger } from "@cke/foundation";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority } from "../kubernetes/pki/certificate.ts";
import { loadRegistryCertificate } from "./registry-certificate.ts";

let directory: string;
let pem: string;
let server: Server;
let base: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "cke-registry-"));
  pem = createAuthority("registry", Date.now()).certificate;
  writeFileSync(join(directory, "registry.crt"), pem);
  writeFileSync(join(directory, "text"), "no certificate");
  server = createServer((request, response) => {
    if (request.url === "/registry.crt") response.end(pem);
    else if (request.url === "/text") response.end("no certificate");
    else if (request.url === "/never") return;
    else response.writeHead(404).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const load = (source: string, timeoutMs = 60_000) =>
  loadRegistryCertificate({ source, configured: true, timeoutMs }, silentLogger);
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe("loadRegistryCertificate", () => {
  it("reads a file and a URL", async () => {
    expect(text(await load(join(directory, "registry.crt")))).toBe(pem);
    expect(text(await load(`${base}/registry.crt`))).toBe(pem);
  });

  it("is content without one when the flag is empty, or the default is not there", async () => {
    expect(await load("")).toBeUndefined();
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
    expect(await loadRegistryCertificate({ source: "/no/such", configured: false }, logger)).toBeUndefined();
    expect(lines.join("")).toContain("no registry certificate");
  });

  it.each([
    ["a missing file", () => "/no/such.crt", "flag_invalid", /^-k8s_registry_cert \/no\/such\.crt: ENOENT/],
    ["a missing page", () => `${base}/other`, "registry_certificate", /: the server answered 404$/],
    ["a page that is none", () => `${base}/text`, "registry_certificate", /: it is no PEM certificate$/],
    [
      "a server that does not answer",
      () => `${base}/never`,
      "registry_certificate",
      /^-k8s_registry_cert http.*timeout/,
    ],
    ["a file that is none", () => join(directory, "text"), "flag_invalid", /: it is no PEM certificate$/],
  ])("refuses %s that was asked for", async (_name, source, code, words) => {
    const loaded = load(source(), source().endsWith("/never") ? 200 : undefined);
    await expect(loaded).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  });
});
