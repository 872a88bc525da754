import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseJson, stringifyJson } from "../encoding/json.ts";
import { RecordIoDecoder } from "../encoding/record-io.ts";
import * as Resources from "../resources/resources.ts";
import { frameText, loadRecording, type RecordedExchange, recordingNames } from "../testing/recording.ts";
import { parseExecutorCall } from "./messages/executor-call.ts";
import { parseExecutorEvent } from "./messages/executor-event.ts";
import { parseSchedulerCall } from "./messages/scheduler-call.ts";
import { parseSchedulerEvent } from "./messages/scheduler-event.ts";

const directory = fileURLToPath(new URL("../../../../test/fixtures/mesos", import.meta.url));
const recordings = recordingNames(directory).map((name) => ({ name, ...loadRecording(directory, name) }));

const apis = [
  { suffix: "/api/v1/scheduler", parseEvent: parseSchedulerEvent, parseCall: parseSchedulerCall },
  { suffix: "/api/v1/executor", parseEvent: parseExecutorEvent, parseCall: parseExecutorCall },
] as const;

const exchanges = recordings.flatMap(({ name, exchanges }) =>
  exchanges.flatMap((exchange) => {
    const api = apis.find(({ suffix }) => exchange.request.path.replace(/\/$/, "").endsWith(suffix));
    return api === undefined ? [] : [{ name, exchange, api }];
  }),
);

function textOf(response: RecordedExchange["response"]): string {
  return response?.body_text ?? (typeof response?.body === "string" ? response.body : "");
}

/** Mesos refused to read the body as a Call; what it refused later (rules about ids, uuids, principals) is no matter of types. */
function isUnreadable({ response }: RecordedExchange): boolean {
  const text = textOf(response);
  if (response?.status !== 400) return false;
  if (/Failed to parse body|Failed to convert JSON/.test(text)) return !/base64/.test(text);
  return /Expecting '(?!framework_id|uuid|Content-Type)[a-z_]+' to be present/.test(text);
}

/** Mesos came as far as reading the body as a Call. */
function wasRead({ response }: RecordedExchange): boolean {
  return [200, 202, 400, 403].includes(response?.status ?? 0);
}

describe("recorded frames", () => {
  const frames = exchanges.flatMap(({ name, exchange, api }) =>
    (exchange.response?.frames ?? []).map((frame) => ({ name, api, frame, text: frameText(frame) })),
  );

  test("every frame is an event this library knows, and serialises to what came", () => {
    expect(frames.length).toBeGreaterThanOrEqual(500);
    for (const { name, api, text } of frames) {
      const json = parseJson(text);
      const event = api.parseEvent(json);
      expect(event.type, `${name}: ${text}`).not.toBe("UNKNOWN");
      expect(event, name).toEqual(json);
      expect(parseJson(stringifyJson(event)), name).toEqual(json);
    }
  });

  test("64-bit numbers survive to the last digit", () => {
    const long = frames.filter(({ text }) => /[:\s]\d{16,}\b(?!\.)/.test(text));
    expect(long.length).toBeGreaterThan(0);
    for (const { api, text } of long) {
      for (const [, digits] of text.matchAll(/:(\d{16,})\b(?!\.)/g)) {
        expect(stringifyJson(api.parseEvent(parseJson(text)))).toContain(`:${digits}`);
      }
    }
  });
});

test("the recorded bytes of a SUBSCRIBE stream decode to events", () => {
  const rawBytesSchema = z.object({
    connections: z.array(z.object({ label: z.string(), received: z.array(z.object({ text: z.string() })) })),
  });
  const file = readFileSync(join(directory, "raw-bytes.json"), "utf8");
  const received = rawBytesSchema
    .parse(parseJson(file))
    .connections.find(({ label }) => label === "SUBSCRIBE")?.received;
  const [head = "", ...chunks] = (received ?? []).map(({ text }) => text);
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  const decoder = new RecordIoDecoder();
  const types = chunks
    .flatMap((chunk) => chunk.split(/^[0-9a-f]+\r\n|\r\n(?:[0-9a-f]+\r\n)?/))
    .flatMap((part) => decoder.push(Buffer.from(part)))
    .map((record) => parseSchedulerEvent(parseJson(Buffer.from(record).toString("utf8"))).type);
  decoder.end();
  expect(types.slice(0, 3)).toEqual(["SUBSCRIBED", "HEARTBEAT", "OFFERS"]);
});

describe("recorded requests", () => {
  const posts = exchanges.filter(({ exchange }) => exchange.request.method === "POST");

  test("every call that Mesos could read parses and serialises to what was sent", () => {
    const readable = posts.filter(
      ({ exchange }) => wasRead(exchange) && !isUnreadable(exchange) && exchange.request.body,
    );
    const calls = readable.filter(
      // The enum has UNKNOWN as its zero, which says nothing and is no call.
      ({ exchange }) => !/Content-Type|'framework_id' to be present/.test(textOf(exchange.response)),
    );
    expect(calls.length).toBeGreaterThanOrEqual(300);
    for (const { name, api, exchange } of calls) {
      const call = api.parseCall(exchange.request.body);
      expect(call, `${name} ${exchange.label}`).toEqual(exchange.request.body);
      expect(parseJson(stringifyJson(call))).toEqual(exchange.request.body);
    }
  });

  test("every call that Mesos could not read is refused", () => {
    const unreadable = posts.filter(({ exchange }) => isUnreadable(exchange));
    expect(unreadable.length).toBeGreaterThanOrEqual(20);
    for (const { name, api, exchange } of unreadable) {
      expect(() => api.parseCall(exchange.request.body), `${name} ${exchange.label}`).toThrow(
        expect.objectContaining({ code: "mesos_invalid_call" }),
      );
    }
  });
});

describe("what newer versions may send", () => {
  test.each([
    ["an unknown type", { type: "NEW_THING", new_thing: {} }, "NEW_THING"],
    ["an invalid known type", { type: "UPDATE", update: { status: { task_id: { value: "t" } } } }, "UPDATE"],
    [
      "an unknown task state",
      { type: "UPDATE", update: { status: { task_id: { value: "t" }, state: "TASK_X" } } },
      "UPDATE",
    ],
    ["no type", { subscribed: {} }, undefined],
    ["no object", 7, undefined],
  ])("%s becomes UNKNOWN and keeps the original", (_what, original, name) => {
    const event = parseSchedulerEvent(original);
    expect(event).toMatchObject({ type: "UNKNOWN", original, problem: expect.any(String) });
    expect(event.type === "UNKNOWN" ? event.name : "").toBe(name);
  });

  test("an agent with ranges beyond 2^53 does not make the offers of all others unreadable", () => {
    const text = JSON.stringify({
      type: "OFFERS",
      offers: {
        offers: [
          {
            id: { value: "o" },
            framework_id: { value: "f" },
            agent_id: { value: "a" },
            hostname: "a",
            resources: [{ name: "ids", type: "RANGES", ranges: { range: [{ begin: 1, end: "MAX" }] } }],
            attributes: [{ name: "ids", type: "RANGES", ranges: { range: [{ begin: 0, end: "MAX" }] } }],
          },
        ],
      },
    }).replaceAll('"MAX"', "18446744073709551615");
    const event = parseSchedulerEvent(parseJson(text));
    expect(event.type).toBe("OFFERS");
    const offers = event.type === "OFFERS" ? (event.offers.offers ?? []) : [];
    expect(Resources.rangesNamed(offers[0]?.resources ?? [], "ids")).toEqual([
      { begin: 1, end: Number.MAX_SAFE_INTEGER },
    ]);
    expect(Resources.sum(offers[0]?.resources ?? [])).toHaveLength(1);
  });

  test("unknown fields, reasons and capabilities are kept", () => {
    const event = {
      type: "UPDATE",
      update: { status: { task_id: { value: "t" }, state: "TASK_FAILED", reason: "REASON_NEW", new_field: [1] } },
    };
    expect(parseSchedulerEvent(event)).toEqual(event);
  });
});
