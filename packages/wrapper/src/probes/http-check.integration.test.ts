// Probes against real HTTP and HTTPS servers on the loopback interface and on UNIX sockets.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { type HttpCheckInit, Probe } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { probeCheck } from "./probe-check.ts";
import { ProbeSemaphore } from "./probe-semaphore.ts";

let directory: string;
const servers: Server[] = [];
const at = (name: string) => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-http-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  for (const name of ["ca", "other-ca"]) {
    openssl(
      "req",
      "-x509",
      ...ec,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
    );
  }
  for (const [name, extension] of [
    ["server", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
    ["client", "extendedKeyUsage=clientAuth"],
  ] as const) {
    writeFileSync(at("ext"), extension);
    openssl("req", ...ec, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      "ext",
      "-out",
      `${name}.crt`,
    );
  }
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function listen(server: Server, path?: string): Promise<number> {
  servers.push(server);
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
const plain = (listener: RequestListener, path?: string) => listen(createServer(listener), path);
const secure = (listener: RequestListener, more: { requestCert?: boolean } = {}) => {
  const files = {
    key: readFileSync(at("server.key")),
    cert: readFileSync(at("server.crt")),
    ca: readFileSync(at("ca.crt")),
  };
  return listen(createSecureServer({ ...files, ...more, rejectUnauthorized: more.requestCert ?? false }, listener));
};
const checkOf = (check: HttpCheckInit) => {
  const probe = probeCheck(Probe.create({ check: { kind: "http", value: check } }), new ProbeSemaphore(1));
  return (timeoutMs = 120_000) => probe.run(timeoutMs, new AbortController().signal);
};
const run = (check: HttpCheckInit, timeoutMs?: number) => checkOf(check)(timeoutMs);
const passing = { passing: true, message: "", output: "", late: false };

it("resumes the TLS session of the run before", async () => {
  const reused: boolean[] = [];
  const port = await secure(
    (request, response) => {
      reused.push(request.socket instanceof TLSSocket && request.socket.isSessionReused());
      response.end("ok");
    },
    { requestCert: true },
  );
  const check = checkOf({
    url: `https://127.0.0.1:${port}/`,
    caFile: at("ca.crt"),
    certificateFile: at("client.crt"),
    keyFile: at("client.key"),
  });
  for (let round = 0; round < 3; round += 1) expect(await check()).toEqual(passing);
  expect(reused).toEqual([false, true, true]);
});

describe("http", () => {
  it.each([
    [200, [], true],
    [302, [], true],
    [404, [], false],
    [500, [], false],
    [401, [401], true],
    [200, [401], false],
  ])("status %i with %j expected: %s", async (code, expectStatus, expected) => {
    const port = await plain((_, response) => response.writeHead(code).end("words\nof it"));
    const result = await run({ url: `http://127.0.0.1:${port}/healthz?verbose`, expectStatus });
    expect(result).toEqual(
      expected
        ? passing
        : { passing: false, message: `HTTP status ${code}: words`, output: "words\nof it", late: false },
    );
  });

  it("matches the body, sends the path and the token", async () => {
    const seen: (string | undefined)[] = [];
    const port = await plain((request, response) => {
      seen.push(request.url, request.headers.authorization);
      response.end('{"health":"true"}');
    });
    const url = `http://127.0.0.1:${port}/health?serializable=true`;
    writeFileSync(at("token"), "t0ken\n");
    expect(await run({ url, expectBody: '"health":\\s*"true"', bearerFile: at("token") })).toEqual(passing);
    expect(seen).toEqual(["/health?serializable=true", "Bearer t0ken"]);
    expect(await run({ url, expectBody: "^ok$" })).toEqual({
      passing: false,
      message: "the answer does not match /^ok$/",
      output: '{"health":"true"}',
      late: false,
    });
    expect((await run({ url, bearerFile: at("none") })).message).toBe(
      `cannot read ${at("none")}: no such file or directory (ENOENT)`,
    );
  });

  it("connects to a UNIX socket instead of the host", async () => {
    await plain((request, response) => response.end(request.headers.host), at("docker.sock"));
    expect(await run({ url: "http://docker/_ping", unixSocket: at("docker.sock"), expectBody: "^docker$" })).toEqual(
      passing,
    );
    expect((await run({ url: "http://docker/_ping", unixSocket: at("none.sock") })).message).toContain("ENOENT");
  });

  it("ends in time, and says that there was no answer", async () => {
    const port = await plain(() => {});
    expect(await run({ url: `http://127.0.0.1:${port}/` }, 100)).toEqual({
      passing: false,
      message: "no answer within 0.1 s",
      output: "",
      late: true,
    });
    expect((await run({ url: "http://127.0.0.1:1/" })).message).toBe("connection refused (ECONNREFUSED)");
  });

  it("does not read an endless body", async () => {
    const port = await plain((_, response) => {
      const chunk = "x".repeat(65_536);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    });
    expect((await run({ url: `http://127.0.0.1:${port}/` })).message).toContain("larger than 1048576 bytes");
  });
});

describe("https", () => {
  const hello: RequestListener = (_, response) => {
    response.end("ok");
  };

  it("trusts the given authority and no other", async () => {
    const port = await secure(hello);
    const url = `https://127.0.0.1:${port}/livez`;
    expect(await run({ url, caFile: at("ca.crt") })).toEqual(passing);
    expect(await run({ url: `https://localhost:${port}/`, caFile: at("ca.crt") })).toEqual(passing);
    expect((await run({ url, caFile: at("other-ca.crt") })).message).toMatch(
      /UNABLE_TO_VERIFY|SELF_SIGNED|unable to verify/i,
    );
    expect((await run({ url })).passing).toBe(false);
    expect(await run({ url, insecure: true })).toEqual(passing);
    expect((await run({ url, caFile: at("none.crt") })).message).toContain(`cannot read ${at("none.crt")}`);
  });

  it("shows a client certificate", async () => {
    const port = await secure(hello, { requestCert: true });
    const url = `https://127.0.0.1:${port}/`;
    const certificate = { certificateFile: at("client.crt"), keyFile: at("client.key") };
    expect(await run({ url, caFile: at("ca.crt"), ...certificate })).toEqual(passing);
    expect((await run({ url, caFile: at("ca.crt") })).passing).toBe(false);
  });

  it("notices renewed files", async () => {
    const port = await secure(hello);
    copyFileSync(at("other-ca.crt"), at("live.crt"));
    const check = checkOf({ url: `https://127.0.0.1:${port}/`, caFile: at("live.crt") });
    expect((await check()).passing).toBe(false);
    copyFileSync(at("ca.crt"), at("live.crt"));
    expect(await check()).toEqual(passing);
  });
});
