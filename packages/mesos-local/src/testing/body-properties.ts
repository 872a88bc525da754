// What holds for every body that is posted to the embedded Mesos: it is answered, never with an exception, and the ledger of
// the master stays right.
import { CkeError } from "@cke/foundation";
import { loadRecording, recordingNames } from "@cke/mesos/testing/recording";
import { almostText, forAll } from "@cke/mesos/testing/wire-arbitraries";
import * as fc from "fast-check";
import { readExecutorCall } from "../agent/executor-api/executor-api.ts";
import type { HttpRequest } from "../http/server.ts";
import { operatorEndpoint } from "../master/operator-api/endpoint.ts";
import { schedulerEndpoint } from "../master/scheduler-api/scheduler-endpoint.ts";
import { MasterFixture } from "../master/testing/master-fixture.ts";
import {
  encodeBinary,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  json,
  type MediaType,
  protobuf,
  stringifyJson,
} from "../wire/index.ts";
import { callOf } from "./message-arbitraries.ts";

/** Bodies of the recordings in `directory` that were posted to paths that end in `path`. */
function bodiesOf(directory: string, path: string): unknown[] {
  return recordingNames(directory)
    .flatMap((name) => loadRecording(directory, name).exchanges)
    .filter(({ request }) => request.path.endsWith(path) && request.body !== undefined && request.body !== null)
    .map(({ request }) => JSON.parse(JSON.stringify(request.body, numbers)));
}

const numbers = (_key: string, value: unknown) => (typeof value === "bigint" ? Number(value) : value);

/** A body for the executor API is read, or refused with status 400 and words. */
export function executorBodiesAreAnswered(directory: string, cases: number): void {
  forAll(almostText(bodiesOf(directory, "/api/v1/executor")), cases, (text) => {
    try {
      readExecutorCall(Buffer.from(text));
    } catch (error) {
      if (!(error instanceof CkeError) || error.code !== "invalid_executor_call") throw error;
    }
  });
}

const allowed = new Set([200, 202, 400, 403, 404, 406, 409, 415, 501]);

/** A call, and the form that it is sent in. */
interface SentCall {
  readonly call: JsonObject;
  readonly form: MediaType;
  /** Protobuf's JSON printers write 64-bit integers as strings, others as bare numbers. */
  readonly integersAsText: boolean;
}

/** Calls of a type by the tables of src/wire, complete or not, in both forms. */
export function sentCalls(type: string): fc.Arbitrary<SentCall> {
  return fc.record({
    call: fc.oneof(callOf(type, 3, true), callOf(type, 3, false)),
    form: fc.constantFrom(json, protobuf),
    integersAsText: fc.boolean(),
  });
}

export function bytesOf(type: string, { call, form, integersAsText }: SentCall): Buffer {
  if (form === protobuf) return Buffer.from(encodeBinary(type, call));
  const text = stringifyJson(call);
  const long = /(?<=[:[,])-?\d{16,}(?=[,}\]])/g;
  return Buffer.from(integersAsText ? text.replace(long, (digits) => `"${digits}"`) : text);
}

/** The same call about a framework, an agent and an offer that are there. */
function aboutKnown(value: JsonValue, known: Readonly<Record<string, JsonValue>>): JsonValue {
  if (isArray(value)) return value.map((item) => aboutKnown(item, known));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      known[name] ?? (item === undefined ? item : aboutKnown(item, known)),
    ]),
  );
}

/** Calls of every field that executors' calls have are read, or refused with status 400 and words. */
export function executorCallsAreAnswered(cases: number): void {
  forAll(sentCalls("executor.Call"), cases, (sent) => {
    try {
      readExecutorCall(bytesOf("executor.Call", sent), sent.form);
    } catch (error) {
      if (!(error instanceof CkeError) || error.code !== "invalid_executor_call") throw error;
    }
  });
}

/** Calls of every field that schedulers' and operators' calls have get an answer, and the ledger stays right. */
export function masterCallsAreAnswered(cases: number): void {
  for (const type of ["scheduler.Call", "master.Call"]) {
    let { master, request, known } = newMaster();
    let posted = 0;
    forAll(sentCalls(type), cases, (sent) => {
      posted += 1;
      if (posted % 20 === 0) ({ master, request, known } = newMaster());
      const call = aboutKnown(sent.call, known);
      const posting = request(bytesOf(type, { ...sent, call: isObject(call) ? call : {} }), sent.form);
      const answer =
        type === "scheduler.Call"
          ? schedulerEndpoint(master.state, posting)
          : operatorEndpoint(master.state, { ...posting, path: "/api/v1" });
      if (answer !== undefined && !allowed.has(answer.status)) {
        throw new Error(`status ${answer.status}: ${answer.body}`);
      }
      master.check();
    });
  }
}

/** A body for the scheduler API of a master with a framework, an agent and a task gets an answer of the API. */
export function schedulerBodiesAreAnswered(directory: string, cases: number): void {
  let { master, request } = newMaster();
  let posted = 0;
  forAll(almostText(bodiesOf(directory, "/api/v1/scheduler")), cases, (text) => {
    // What is accepted has effects: now and then the world begins anew, so that a failure has a short history.
    posted += 1;
    if (posted % 50 === 0) ({ master, request } = newMaster());
    const answer = schedulerEndpoint(master.state, request(Buffer.from(text)));
    if (answer !== undefined && !allowed.has(answer.status)) {
      throw new Error(`status ${answer.status}: ${answer.body}`);
    }
    master.check();
  });
}

/** `type: SUBSCRIBE` in protobuf. */
const subscribeType = Buffer.from([0x10, 0x01]);

function newMaster() {
  const master = new MasterFixture();
  master.register();
  const framework = master.subscribe();
  master.allocate();
  master.launch(framework, [{ task_id: { value: "t" } }]);
  master.allocate();
  const streamId = master.record(framework).stream?.id ?? "";
  const request = (bytes: Buffer, form: MediaType = json): HttpRequest => {
    // The recorded framework is the one that is there.
    const text = bytes.toString("utf8").replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{4}/g, framework.id);
    const body = form === json ? Buffer.from(text) : bytes;
    const subscribes = form === json ? text.includes('"SUBSCRIBE"') : bytes.includes(subscribeType);
    const headers = new Map<string, string>([
      ["content-type", form],
      ["accept", "application/json"],
      ...(subscribes ? [] : ([["mesos-stream-id", streamId]] as const)),
    ]);
    return {
      method: "POST",
      path: "/api/v1/scheduler",
      query: new URLSearchParams(),
      header: (name) => headers.get(name),
      body,
      openStream: () => ({ send: () => {}, end: () => {}, onClose: () => {} }),
    };
  };
  const known = {
    framework_id: { value: framework.id },
    agent_id: { value: [...master.state.agents.keys()][0] ?? "" },
    offer_ids: framework
      .offers()
      .slice(-1)
      .map(({ id }) => ({ ...id })),
  };
  return { master, request, known };
}
