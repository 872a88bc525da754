import { afterEach, beforeEach, expect, it } from "vitest";
import { leaderStanding } from "../../leadership/testing/leader-standing.ts";
import { type ApiFixture, createApiFixture, json } from "../testing/api-fixture.ts";

let fixture: ApiFixture;
let asked: unknown[];
beforeEach(async () => {
  fixture = await createApiFixture({ bodyLimit: 4 * 1024 * 1024 });
  await fixture.service.create({ cluster_name: "my" });
  asked = [];
  fixture.setStanding(
    leaderStanding({
      service: fixture.service,
      nodes: {
        add: async (...given) => {
          asked.push(["add", ...given]);
          return { names: ["x"], warnings: ["hots is not a known field"] };
        },
        change: async (...given) => {
          asked.push(["change", ...given]);
          return { message: "changed", warnings: [] };
        },
        remove: async (...given) => {
          asked.push(["remove", ...given]);
          return "it begins";
        },
        replace: async (...given) => {
          asked.push(["replace", ...given]);
          return "it begins";
        },
      },
    }),
  );
});
afterEach(() => fixture.close());

const ask = (method: "GET" | "POST" | "PATCH" | "DELETE", url: string, body?: unknown) =>
  fixture.server.inject({
    method,
    url,
    ...(body === undefined ? {} : { headers: json, payload: typeof body === "string" ? body : JSON.stringify(body) }),
  });

it.each([
  "/k8s/v1/clusters/my/nodes",
  "/k8s/clusters/my/nodes/",
  "/k8s/clusrers/my/nodes/",
  "/k8s/v1/clusrers/my/nodes",
])("POST %s is 201 with the warnings", async (url) => {
  const answer = await ask("POST", url, { name: "x" });
  expect(answer.statusCode).toBe(201);
  expect(answer.json()).toEqual({
    status: 201,
    message: 'node "x" is being added to cluster "my"',
    warnings: ["hots is not a known field"],
  });
  expect(asked).toEqual([["add", "my", { name: "x" }, "127.0.0.1", { even: false }]]);
});

it.each([
  ["/k8s/v1/clusters/my/nodes/a,b", ["a", "b"], { force: false, drainSeconds: 600 }],
  ["/k8s/clusters/my/nodes/a/?force=true&timeout=30", ["a"], { force: true, drainSeconds: 30 }],
  ["/k8s/clusters/my/nodes/a?timeout=2m", ["a"], { force: false, drainSeconds: 120 }],
  ["/k8s/clusrers/my/nodes/a?force", ["a"], { force: true, drainSeconds: 600 }],
])("DELETE %s is 202", async (url, names, options) => {
  const answer = await ask("DELETE", url);
  expect([answer.statusCode, answer.json()]).toEqual([202, { status: 202, message: "it begins" }]);
  expect(asked).toEqual([["remove", "my", names, options, "127.0.0.1"]]);
});

it.each([
  ["DELETE", "/k8s/v1/clusters/my/nodes/a?force=perhaps", undefined, 400, "force: must be true or false"],
  ["DELETE", "/k8s/v1/clusters/my/nodes/a?timeout=-1", undefined, 400, "timeout: must be a time from 1s to 24h"],
  ["DELETE", "/k8s/v1/clusters/my/nodes/a?forced=true", undefined, 400, "forced"],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", {}, 400, "the body changes nothing: it may have expect, labels"],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", { expect: 7 }, 400, 'expect: must be "RUN" or "STOP"'],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", { labels: { "a b": "c" } }, 400, "labels"],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", { labels: { a: "b c" } }, 400, "labels.a"],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", '{"labels": {"__proto__": "x"}}', 400, "labels.__proto__"],
  ["POST", "/k8s/v1/clusters/my/nodes", '[{"name": "w2", "labels": {"__proto__": "x"}}]', 400, "[0].labels.__proto__"],
  ["POST", "/k8s/v1/clusters/my/nodes", '[{"attributes": {"\\u005f_proto__": "x"}}]', 400, "[0].attributes.__proto__"],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", { taints: ["a=b"] }, 400, "taints[0]"],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", { taints: [{ key: "a", effect: "Never" }] }, 400, "taints[0]"],
  ["PATCH", "/k8s/v1/clusters/my/nodes/w", { name: "x" }, 400, "name"],
  ["POST", "/k8s/v1/clusters/my/nodes/w/replace", { host: "b" }, 400, "host: is not a known field"],
  ["POST", "/k8s/v1/clusters/my/nodes/w/replace", [], 400, "the body"],
  ["POST", "/k8s/v1/clusters/my/nodes/w/replace?force=perhaps", undefined, 400, "force: must be true or false"],
  ["DELETE", "/k8s/v1/clusters/my/nodes", undefined, 405, "allowed is GET"],
  ["POST", "/k8s/v1/clusters/my/nodes", "", 400, "nodes are expected"],
  ["POST", "/k8s/v1/clusters/my/nodes", "[{", 400, "not JSON"],
  ["POST", "/k8s/v1/clusters/my/nodes", `["${"x".repeat(10 * 1024 * 1024)}"]`, 413, ""],
  ["GET", "/k8s/v1/clusters/none/nodes", undefined, 404, 'no cluster "none"'],
  ["GET", "/k8s/v1/clusters/my/nodes/..%2f..%2fetc", undefined, 404, "has no node"],
] as const)("%s %s is refused (%#)", async (method, url, body, status, words) => {
  const answer = await ask(method, url, body);
  expect(answer.statusCode).toBe(status);
  expect(answer.json().error).toContain(words);
  expect(asked).toEqual([]);
});

it.each([
  [{ expect: "STOP" }, { expect: "STOP" }, "127.0.0.1"],
  [
    { labels: { "example.com/disk": "ssd", old: null }, by: "Ann" },
    { labels: { "example.com/disk": "ssd", old: null } },
    "Ann",
  ],
  [
    { taints: ["gpu=yes:NoSchedule", { key: "x", effect: "NoExecute" }] },
    {
      taints: [
        { key: "gpu", value: "yes", effect: "NoSchedule" },
        { key: "x", value: "", effect: "NoExecute" },
      ],
    },
    "127.0.0.1",
  ],
  [
    { attributes: { rack: "a" }, ingresses: [] },
    { attributes: [{ name: "rack", value: "a" }], ingresses: [] },
    "127.0.0.1",
  ],
])("PATCH %j is 202 and says what happens", async (body, change, by) => {
  const answer = await ask("PATCH", "/k8s/v1/clusters/my/nodes/w", body);
  expect([answer.statusCode, answer.json()]).toEqual([202, { status: 202, message: "changed" }]);
  expect(asked).toEqual([["change", "my", "w", change, by]]);
});

it("GET …/nodes lists them", async () => {
  const answer = await ask("GET", "/k8s/clusters/my/nodes/");
  expect([answer.statusCode, answer.json()]).toEqual([200, []]);
});

it.each(["/k8s/v1/clusters/my/nodes/x/replace", "/k8s/clusrers/my/nodes/x/replace/"])("POST %s is 202", async (url) => {
  const answer = await ask("POST", url);
  expect([answer.statusCode, answer.json()]).toEqual([202, { status: 202, message: "it begins" }]);
  expect(asked).toEqual([["replace", "my", "x", "127.0.0.1", { force: false, drainSeconds: 600 }]]);
});

it("a replacement is drained as a removal is", async () => {
  await ask("POST", "/k8s/v1/clusters/my/nodes/x/replace?force=true&timeout=30");
  expect(asked).toEqual([["replace", "my", "x", "127.0.0.1", { force: true, drainSeconds: 30 }]]);
});

it("an even number of masters must be asked for", async () => {
  await ask("POST", "/k8s/v1/clusters/my/nodes?even=true", { name: "x" });
  await ask("DELETE", "/k8s/v1/clusters/my/nodes/x?even");
  expect(asked).toEqual([
    ["add", "my", { name: "x" }, "127.0.0.1", { even: true }],
    ["remove", "my", ["x"], { force: false, drainSeconds: 600, even: true }, "127.0.0.1"],
  ]);
  expect((await ask("POST", "/k8s/v1/clusters/my/nodes?even=perhaps", { name: "x" })).statusCode).toBe(400);
});
