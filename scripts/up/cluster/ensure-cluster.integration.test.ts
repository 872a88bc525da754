// `make up` with a cluster of its name in every possible state, over the scheduler's HTTP API.
import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { Api } from "./api.ts";
import { watchBringUp } from "./bring-up-view.ts";
import { ensureCluster } from "./ensure-cluster.ts";
import { standstill } from "./standing-cluster.ts";

let server: Server | undefined;
afterEach(() => server?.close());

const view = (status: string, expected = "RUN") => {
  const rest = { status: "running", reason: "", step: "", detail: "", unresponsive_since: "", processes: [] };
  const nodes = [{ name: "w", expect: expected, ...rest }];
  return { status, status_reason: "", nodes, pending: [], plan: { nodes: [], paused: "", steps: [] } };
};

/** Answers GET with one state after the other, then 404. Returns the other requests. */
async function scheduler(states: readonly unknown[]) {
  const left = [...states];
  const asked: string[] = [];
  const running = createServer((request, response) => {
    if (request.method === "GET") {
      const now = left.shift();
      response.writeHead(now === undefined ? 404 : 200).end(JSON.stringify(now ?? {}));
      return;
    }
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      asked.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(request.method === "POST" ? 201 : 202).end("{}");
    });
  });
  server = running;
  await new Promise<void>((resolve) => running.listen(0, "127.0.0.1", resolve));
  const address = running.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { api: new Api(`http://127.0.0.1:${port}`), asked };
}

const create = 'POST /k8s/v1/clusters {"cluster_name":"example"}';
const start = 'PATCH /k8s/v1/clusters/example {"expect":"RUN"}';
test.each<readonly [string, readonly unknown[], readonly string[], readonly string[]]>([
  ["not there", [], [create], ["cluster example posted"]],
  ["there", [view("degraded")], [], ["cluster example is there already"]],
  ["stopped", [view("stopped")], [start], ["cluster example is stopped: it is started"]],
  ["stopping", [view("stopping")], [start], ["cluster example is stopping: it is started"]],
  [
    "without a node",
    [view("running", "STOP")],
    ['PATCH /k8s/v1/clusters/example/nodes/w {"expect":"RUN"}'],
    ["w of cluster example was stopped by itself: it is started"],
  ],
  [
    "being deleted",
    [view("killing"), view("killing")],
    [create],
    ["cluster example is being deleted: it is created anew when it is gone", "cluster example posted"],
  ],
])("a cluster that is %s", async (_what, states, requests, words) => {
  const { api, asked } = await scheduler(states);
  const said: string[] = [];
  const body = { cluster_name: "example" };
  const say = (line: string) => said.push(line);
  await ensureCluster(api, { name: "example", body, say, lost: () => "", deleteSilenceMs: 60_000 });
  expect([asked, said]).toEqual([requests, words]);
});

test("a watch ends with the first look at which nothing comes by itself, with the command that helps", async () => {
  const plan = { nodes: [], paused: "since now by ann", steps: [] };
  const held = { ...view("starting"), plan, pending: [{ node: "w" }] };
  const { api } = await scheduler([view("starting"), held]);
  await expect(
    watchBringUp(api, "example", () => {}, { standstill: (now) => standstill(now, "http://a/example") }),
  ).rejects.toThrow(
    /^cluster example does not come up by itself: its plan is paused since now by ann, .*curl -X POST http:\/\/a\/example\/plan\/resume/,
  );
});
