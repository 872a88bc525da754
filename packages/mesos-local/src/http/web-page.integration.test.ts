// Master and agent of the embedded Mesos, asked as a web page would.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalMesos } from "../index.ts";
import { type RunningMesos, runningMesos } from "../testing/running-mesos.ts";

let running: RunningMesos;
let mesos: LocalMesos;
beforeAll(async () => {
  running = await runningMesos();
  ({ mesos } = running);
});
afterAll(() => running.stop());

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
