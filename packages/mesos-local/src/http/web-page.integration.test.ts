// Master and agent of the embedded Mesos, asked as a web page would.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalMesos, parseResources, startLocalMesos } from "../index.ts";

let directory: string;
let mesos: LocalMesos;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-web-page-"));
  const agents = [{ hostname: "a", resources: parseResources("cpus:1;mem:1024") }];
  mesos = await startLocalMesos({ listen: "127.0.0.1:0", agents, workDir: directory });
  await mesos.agents[0]?.registered();
});
afterAll(async () => {
  await mesos.stop({ unregister: true });
  await rm(directory, { recursive: true, force: true });
});

async function status(address: string, method: string, path: string, headers: Record<string, string>): Promise<number> {
  const request = httpRequest(`http://${address}${path}`, {
    method,
    headers: { ...headers, ...(method === "POST" ? { "content-type": "application/json" } : {}) },
  });
  request.end(method === "POST" ? '{"type":"GET_VERSION"}' : "");
  const [response]: IncomingMessage[] = await once(request, "response");
  response?.resume();
  return response?.statusCode ?? 0;
}

test.each(["master", "agent"] as const)("the %s answers clients, and no page of a stranger", async (which) => {
  const address = which === "master" ? mesos.masterAddress : `127.0.0.1:${mesos.agents[0]?.port}`;
  for (const [method, path] of [
    ["GET", "/state"],
    ["POST", "/api/v1"],
  ] as const) {
    expect(await status(address, method, path, {})).toBe(200);
    expect(await status(address, method, path, { origin: `http://${address}` })).toBe(200);
    expect(await status(address, method, path, { host: "rebound.attacker.example" })).toBe(403);
    expect(await status(address, method, path, { origin: "http://attacker.example" })).toBe(403);
    expect(await status(address, method, path, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" })).toBe(
      403,
    );
  }
});
