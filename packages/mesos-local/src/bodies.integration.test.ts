// Bodies of any kind over sockets: none may end a connection without an answer.
import { request as httpRequest } from "node:http";
import { almostText } from "@cke/mesos/testing/wire-arbitraries";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalMesos } from "./index.ts";
import { bytesOf, sentCalls } from "./testing/body-properties.ts";
import { type RunningMesos, runningMesos } from "./testing/running-mesos.ts";

let running: RunningMesos;
let mesos: LocalMesos;
let agent: string;

beforeAll(async () => {
  running = await runningMesos();
  ({ mesos, agent } = running);
});

afterAll(() => running.stop());

test.each([
  [
    "scheduler",
    "application/json",
    "text/html",
    406,
    "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
  ],
  ["scheduler", "application/x-protobuf", undefined, 400, "Failed to parse body into Call protobuf"],
  [
    "scheduler",
    "application/json; charset=utf-8",
    undefined,
    415,
    "Expecting 'Content-Type' of application/json or application/x-protobuf",
  ],
  ["executor", "application/x-protobuf", undefined, 400, "Failed to parse body into Call protobuf"],
  ["executor", "text/plain", undefined, 415, "Expecting 'Content-Type' of application/json or application/x-protobuf"],
  ["agent", "application/x-protobuf", undefined, 400, "Failed to parse body into a protobuf object"],
  [
    "agent",
    "application/json",
    "application/x-protobuf;q=0",
    406,
    "Expecting 'Accept' to allow application/json or application/x-protobuf or application/recordio",
  ],
])("%s API, %s, Accept %s: %s %s", async (api, contentType, accept, status, words) => {
  const url =
    api === "scheduler"
      ? `${mesos.masterAddress}/api/v1/scheduler`
      : `${agent}/api/v1${api === "executor" ? "/executor" : ""}`;
  const subscribe = { type: "SUBSCRIBE", subscribe: { framework_info: { user: "u", name: "n" } } };
  const answer = await postRaw(url, contentType, Buffer.from(JSON.stringify(subscribe)), accept);
  expect([answer.status, answer.text]).toEqual([status, words]);
});

/** Status and text, or "stream" of an answer without end. Rejects when the connection ends without an answer. */
function postRaw(url: string, contentType: string, body: Buffer, accept = "*/*") {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = { "content-type": contentType, accept, "content-length": body.length };
    const request = httpRequest(`http://${url}`, { method: "POST", headers, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      if (response.headers["transfer-encoding"] === "chunked") {
        request.destroy();
        resolve({ status, text: "stream" });
        return;
      }
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status, text: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const { CKE_SEED } = process.env;
const seed = CKE_SEED === undefined || CKE_SEED === "" ? Date.now() % 2 ** 31 : Number(CKE_SEED);
const sample = <T>(values: fc.Arbitrary<T>, count: number) => fc.sample(values, { numRuns: count, seed });

test.each([
  ["master", "/api/v1/scheduler", "scheduler.Call"],
  ["master", "/api/v1", "master.Call"],
  ["agent", "/api/v1/executor", "executor.Call"],
  ["agent", "/api/v1", "agent.Call"],
])(`no call to the %s's %s ends a connection without an answer (seed ${seed})`, async (where, path, type) => {
  const url = `${where === "master" ? mesos.masterAddress : agent}${path}`;
  for (const sent of sample(sentCalls(type), 120)) {
    const { status } = await postRaw(url, sent.form, bytesOf(type, sent));
    expect([200, 202, 400, 403, 404, 406, 409, 415, 501]).toContain(status);
  }
});

test(`no body of the classic endpoints does either (seed ${seed})`, async () => {
  const texts = sample(
    almostText([
      { windows: [{ machine_ids: [{ ip: "127.0.0.1" }], unavailability: { start: { nanoseconds: 1 } } }] },
      [{ hostname: "h" }],
      "slaveId=a&resources=[]",
    ]),
    40,
  );
  for (const path of [
    "/maintenance/schedule",
    "/machine/down",
    "/machine/up",
    "/reserve",
    "/create-volumes",
    "/teardown",
  ])
    for (const text of texts) {
      const { status } = await postRaw(`${mesos.masterAddress}${path}`, "application/json", Buffer.from(text));
      expect([200, 202, 400, 409]).toContain(status);
    }
});
