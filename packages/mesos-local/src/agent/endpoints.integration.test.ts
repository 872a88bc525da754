// What the agent tells operators, against the recording operator-api: same fields in the same order, same headers.
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { AgentFixture, frameworkId, runTask } from "./testing/agent-fixture.ts";

const exchangeSchema = z.object({
  seq: z.number(),
  response: z.object({ headers: z.array(z.tuple([z.string(), z.string()])), body: z.unknown().optional() }),
});
const path = join(import.meta.dirname, "../../../../test/fixtures/mesos/operator-api.json");
const { exchanges } = z.object({ exchanges: z.array(exchangeSchema) }).parse(JSON.parse(await readFile(path, "utf8")));
const recorded = (seq: number) => {
  const found = exchanges.find((exchange) => exchange.seq === seq);
  if (found === undefined) throw new Error(`no exchange ${seq}`);
  return found.response;
};

let fixture: AgentFixture;

beforeAll(async () => {
  fixture = await AgentFixture.make();
  fixture.master.send(runTask({ id: "o1" }));
  fixture.master.send(runTask({ id: "o2" }));
  await fixture.master.expectUpdate("o1", "TASK_RUNNING");
  await fixture.master.expectUpdate("o2", "TASK_RUNNING");
  fixture.say("report o2 TASK_FINISHED");
  await fixture.master.expectUpdate("o2", "TASK_FINISHED");
  const sandbox = fixture.sandbox();
  await mkdir(join(sandbox, "app"));
  await writeFile(join(sandbox, "text"), "wrapper args: bar baz two\n");
  await symlink("/etc/passwd", join(sandbox, "passwd"));
  for (;;) {
    // Completed only once the acknowledgement has been handled.
    const { body } = await get("/state");
    if (JSON.stringify(body).includes('"completed_tasks":[{"id":"o2"')) return;
  }
});

afterAll(() => fixture[Symbol.asyncDispose]());

async function get(url: string) {
  // fetch would ask for compressed answers, which have a header more.
  const response = await fetch(`${fixture.url}${url}`, { headers: { "accept-encoding": "identity" } });
  const text = await response.text();
  const json = response.headers.get("content-type") === "application/json";
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
}

async function call(type: string, content: object = {}) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type, ...content });
  const response = await fetch(`${fixture.url}/api/v1`, { method: "POST", headers, body });
  const text = await response.text();
  return { status: response.status, text, body: response.status === 200 ? JSON.parse(text) : undefined };
}

const recordSchema = z.record(z.string(), z.unknown());

/** Names of fields, in order and in depth, of an object or of the first element of a list. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  const fields = recordSchema.safeParse(value);
  return fields.success ? Object.entries(fields.data).map(([name, field]) => [name, shape(field)]) : typeof value;
}

const pick = (value: unknown, ...keys: readonly (string | number)[]): unknown =>
  keys.reduce<unknown>(
    (inner, key) => (Array.isArray(inner) ? inner[Number(key)] : recordSchema.parse(inner)[key]),
    value,
  );

test("/state has the recorded fields in the recorded order", async () => {
  const { body } = await get("/state");
  const { body: real } = recorded(71);
  expect(Object.keys(body)).toEqual(Object.keys(recordSchema.parse(real)));
  for (const keys of [
    ["frameworks", 0, "executors", 0],
    ["frameworks", 0, "executors", 0, "tasks", 0],
  ] as const) {
    const ours = Object.keys(recordSchema.parse(pick(body, ...keys)));
    const optional = new Set(["labels", "hostname", "principal"]);
    const theirs = Object.keys(recordSchema.parse(pick(real, ...keys))).filter((key) => !optional.has(key));
    expect(ours.filter((key) => !optional.has(key))).toEqual(theirs);
  }
  expect(shape(pick(body, "frameworks", 0, "executors", 0, "tasks", 0, "statuses", 0, "container_status"))).toEqual(
    shape(pick(real, "frameworks", 0, "executors", 0, "tasks", 0, "statuses", 0, "container_status")),
  );
});

test("the ledger counts the executor and its open tasks", async () => {
  const { text } = await get("/slave(1)/state");
  expect(text).toContain('"unreserved_resources_allocated":{"disk":0.0,"mem":96.0,"gpus":0.0,"cpus":0.6}');
});

test.each([
  ["/health", 74],
  ["/version", 76],
  ["/metrics/snapshot", 77],
  ["/containers", 78],
  ["/flags", 82],
  ["/nope", 83],
  ["/files/debug.json", 86],
])("%s has the recorded headers", async (url, seq) => {
  const { headers } = await get(url);
  const names = recorded(seq).headers.map(([name]) => name.toLowerCase());
  expect([...headers.keys()].sort()).toEqual(names.sort());
});

test("metrics are a subset of the recorded ones, containers have their shape", async () => {
  const known = new Set(Object.keys(recordSchema.parse(recorded(77).body)));
  expect(Object.keys((await get("/metrics/snapshot")).body).filter((name) => !known.has(name))).toEqual([]);
  expect(shape((await get("/containers")).body)).toEqual(shape(recorded(78).body));
  const { body } = await call("GET_CONTAINERS");
  expect(shape(body)).toEqual(shape(recorded(38).body));
});

test.each([
  ["GET_HEALTH", 28],
  ["GET_VERSION", 30],
  ["GET_LOGGING_LEVEL", 31],
  ["GET_OPERATIONS", 36],
  ["GET_RESOURCE_PROVIDERS", 39],
])("%s answers what is recorded", async (type, seq) => {
  expect((await call(type)).body).toEqual(recorded(seq).body);
});

test("GET_STATE and its parts have the recorded fields", async () => {
  const { body } = await call("GET_STATE");
  expect(Object.keys(body.get_state)).toEqual(Object.keys(recordSchema.parse(pick(recorded(32).body, "get_state"))));
  const ours = pick(body, "get_state", "get_tasks", "launched_tasks", 0);
  const theirs = pick(recorded(32).body, "get_state", "get_tasks", "launched_tasks", 0);
  const names = (value: unknown) => Object.keys(recordSchema.parse(value)).filter((name) => name !== "labels");
  expect(names(ours)).toEqual(names(theirs));
});

test.each([
  ["", 400, "Expecting 'path=value' in query.\n"],
  ["?path=/nope", 404, ""],
  ["?path=/etc/passwd", 404, ""],
  ["?path=SANDBOX/passwd", 404, ""],
  ["?path=SANDBOX/../../../../../../../../meta/agent.json", 404, ""],
  ["?path=SANDBOX", 400, "Cannot read a directory.\n"],
  ["?path=SANDBOX/text", 200, '{"data":"","offset":26}'],
  ["?path=SANDBOX/text&offset=-1", 200, '{"data":"","offset":26}'],
  ["?path=SANDBOX/text&offset=0&length=20", 200, '{"data":"wrapper args: bar ba","offset":0}'],
  ["?path=SANDBOX/text&offset=100000", 200, '{"data":"","offset":100000}'],
  ["?path=SANDBOX/text&offset=0&length=0", 200, '{"data":"","offset":0}'],
  ["?path=SANDBOX/text&offset=abc", 400, "Failed to parse offset: Failed to convert 'abc' to number.\n"],
  ["?path=SANDBOX/text&jsonp=cb", 200, 'cb({"data":"","offset":26})'],
])("/files/read%s answers %d", async (query, status, text) => {
  const result = await get(`/files/read${query.replace("SANDBOX", encodeURIComponent(fixture.sandbox()))}`);
  expect(result).toMatchObject({ status, text });
});

test("a virtual path leads to the newest run", async () => {
  const virtual = `/frameworks/${frameworkId.value}/executors/exec-1/runs/latest`;
  const { body } = await get(`/files/browse?path=${encodeURIComponent(virtual)}`);
  expect(body).toMatchObject([
    { path: `${virtual}/app`, mode: "drwxr-xr-x", nlink: 2 },
    { path: `${virtual}/passwd` },
    { path: `${virtual}/stderr`, mode: "-rw-r--r--", nlink: 1 },
    { path: `${virtual}/stdout` },
    { path: `${virtual}/text`, size: 26 },
  ]);
  expect(shape(body)).toEqual(shape(recorded(88).body));
  expect((await get("/files/debug")).body).toHaveProperty(virtual);
  const { body: listed } = await call("LIST_FILES", { list_files: { path: virtual } });
  expect(shape(listed)).toEqual(shape(recorded(107).body));
  const read_file = { path: `${virtual}/text`, offset: 0, length: 7 };
  expect((await call("READ_FILE", { read_file })).body).toEqual({
    type: "READ_FILE",
    read_file: { size: 26, data: Buffer.from("wrapper").toString("base64") },
  });
});

test("a download is the file, with the recorded headers", async () => {
  const { headers, text } = await get(`/files/download?path=${encodeURIComponent(`${fixture.sandbox()}/text`)}`);
  expect(text).toBe("wrapper args: bar baz two\n");
  expect(headers.get("content-disposition")).toBe("attachment; filename=text");
  expect(headers.get("content-type")).toBe("application/octet-stream");
});

test.each([
  ["GET_METRICS", 400, "Failed to validate agent::Call: Expecting 'get_metrics' to be present"],
  ["BOGUS", 400, "Failed to validate agent::Call: Expecting 'type' to be present"],
  ["LAUNCH_CONTAINER", 501, "LAUNCH_CONTAINER is not implemented by the embedded Mesos"],
])("%s is answered %d", async (type, status, text) => {
  expect(await call(type)).toMatchObject({ status, text });
});

test.each([
  ["", 1],
  [`?framework_id=${frameworkId.value}&executor_id=exec-1`, 1],
  ["?framework_id=nobody", 0],
  ["?container_id=none", 0],
])("/containers%s: %d", async (query, count) => {
  expect((await get(`/containers${query}`)).body).toHaveLength(count);
});

test.each([
  [
    "/containers?executor_id=exec-1",
    "Supported query parameters are container_id only, framework_id only, or executor_id and framework_id only",
  ],
  [
    "/containers?container_id=c&framework_id=f",
    "Supported query parameters are container_id only, framework_id only, or executor_id and framework_id only",
  ],
  ["/metrics/snapshot?timeout=1", "Invalid timeout '1': Invalid duration '1'.\n"],
  ["/files/browse?path=", "Expecting 'path=value' in query.\n"],
  ["/files/read?path=", "Expecting 'path=value' in query.\n"],
  ["/files/read?path=/x&offset=", "Failed to parse offset: Failed to convert '' to number.\n"],
  ["/files/read?path=/x&length=-2", "Negative length provided: -2.\n"],
  ["/files/download?path=", "Expecting 'path=value' in query.\n"],
])("%s is a bad request", async (url, words) => {
  const { status, text } = await get(url);
  expect([status, text]).toEqual([400, words]);
});
