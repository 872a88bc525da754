// PUT of a process: what reaches the service, and what a client gets.
import { CkeError } from "@cke/foundation";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiFixture, createApiFixture, json } from "../testing/api-fixture.ts";

let api: ApiFixture;
beforeEach(async () => {
  api = await createApiFixture();
});
afterEach(async () => {
  await api.close();
});

const put = (path: string, payload?: unknown) =>
  api.server.inject({
    method: "PUT",
    url: path,
    ...(payload === undefined ? {} : { headers: json, payload: JSON.stringify(payload) }),
  });
const path = "/k8s/v1/clusters/my/nodes/m/processes/etcd";

test("the answer is the one that clients of this API know, at once", async () => {
  const answer = await put("/k8s/clusters/my/nodes/m/processes/etcd/", { options: ["--v=4"] });
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: 200, message: "etcd is restarted" }]);
  expect(api.processes.asked).toEqual([
    { name: { cluster: "my", node: "m", process: "etcd" }, body: { options: ["--v=4"] }, by: "127.0.0.1" },
  ]);
  expect(api.processes.waits).toEqual([]);
});

test("no body at all is a restart, for clients that know PUT as the restart of a process", async () => {
  expect((await put(path)).statusCode).toBe(200);
});

test.each(["", " \n"])("JSON that is %j is refused, for its author meant to send something", async (payload) => {
  const answer = await api.server.inject({ method: "PUT", url: path, headers: json, payload });
  expect([answer.statusCode, answer.json().error]).toEqual([
    400,
    "the body is empty: {} restarts the process; options, envs, cmd, res and expect change it",
  ]);
  expect(api.processes.asked).toEqual([]);
});

test.each([
  ["?force=true", true],
  ["?force", true],
  ["?force=false", undefined],
  ["", undefined],
])("%s", async (query, force) => {
  expect((await put(`${path}${query}`, { expect: "STOP" })).statusCode).toBe(200);
  expect(api.processes.asked[0]?.force).toBe(force);
});

test.each([
  ["60s", 60_000],
  ["1500ms", 1_500],
  ["2m", 120_000],
  ["5", 5_000],
])("?wait=%s", async (wait, ms) => {
  expect((await put(`${path}?wait=${wait}`, {})).statusCode).toBe(200);
  expect(api.processes.waits).toEqual([ms]);
});

test("what is not done in time is 202 and says why", async () => {
  api.processes.done = false;
  const answer = await put(`${path}?wait=1s`, {});
  expect([answer.statusCode, answer.json()]).toEqual([
    202,
    { status: 202, message: "etcd is restarted; it is not healthy yet" },
  ]);
});

test.each(["?wait=soon", "?wait=5m", "?wait=-1s", "?await=1s", "?force=perhaps"])(
  "%s is refused, and nothing is done",
  async (query) => {
    expect((await put(`${path}${query}`, {})).statusCode).toBe(400);
    expect(api.processes.asked).toEqual([]);
  },
);

test("a refused time is named as it was given", async () => {
  expect((await put(`${path}?wait=10m`, {})).json().error).toMatch(/from 0s to 4m, .*; given is "10m"$/);
});

test("warnings and refusals reach the client", async () => {
  api.processes.warnings = ["option is not a known field and was ignored"];
  expect((await put(path, { option: [] })).json()).toMatchObject({ warnings: api.processes.warnings });
  api.processes.failure = new CkeError("process_change_refused", "not now", { status: 409 });
  const answer = await put(path, {});
  expect([answer.statusCode, answer.json()]).toEqual([409, { error: "not now", code: "process_change_refused" }]);
});

test("the processes of a node are listed, and one is shown; unknown names are 404 with those that there are", async () => {
  const process = (name: string) => ({
    ...{ name, type: name, status: "running" as const, res: { cpu: 1, mem: 1 }, envs: [], cmd: "", options: [] },
    ...{ attributes: [], start_time: "", expect: "RUN" as const },
  });
  const [etcd, api1] = [process("etcd"), process("apiserver")];
  const [node] = (await createNode([etcd, api1])).nodes;
  expect(node?.name).toBe("m");
  const list = "/k8s/clusters/my/nodes/m/processes";
  expect((await api.get(`${list}/`)).json()).toEqual([etcd, api1]);
  expect((await api.get(`${list}/apiserver`)).json()).toEqual(api1);
  const unknown = await api.get(`${list}/kubelet`);
  expect([unknown.statusCode, unknown.json().error]).toEqual([404, expect.stringContaining("etcd, apiserver")]);
  expect((await api.get("/k8s/clusters/my/nodes/x/processes")).statusCode).toBe(404);
  expect((await api.get("/k8s/clusters/other/nodes/m/processes")).statusCode).toBe(404);
  const post = await api.post(list, {});
  expect([post.statusCode, post.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
});

/** Cluster `my` with a node of these processes. */
async function createNode(processes: ApiFixture["service"]["nodes"][number]["processes"]) {
  api.service.nodes = [
    {
      ...{ name: "m", type: "master", host: "*", node_ip: "10.0.0.1", real_host: "", ingresses: [], attributes: [] },
      ...{ start_time: "", status: "running", expect: "RUN", res: { cpu: 1, mem: 1 }, total_res: { cpu: 1, mem: 1 } },
      ...{ reservation: false, pod: false, labels: {}, taints: [], processes },
    },
  ];
  await api.service.create({ cluster_name: "my" });
  return api.service;
}

test("help and OpenAPI describe it", async () => {
  expect((await api.get("/k8s/v1/help")).body).toContain("PUT");
  expect((await api.get("/openapi.json")).body).toContain("processes/{process}");
});
