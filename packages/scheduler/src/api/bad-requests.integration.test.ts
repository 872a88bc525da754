// Every documented route of clusters is asked for what nobody has and with bodies that nobody means: a refusal says why, and nothing fails unexpectedly.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ApiFixture, createApiFixture, json } from "./testing/api-fixture.ts";

let api: ApiFixture;
let routes: readonly { readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"; readonly path: string }[] = [];
const paths = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

beforeAll(async () => {
  api = await createApiFixture();
  await api.service.create({ cluster_name: "my" });
  const document = paths.parse((await api.get("/openapi.json")).json());
  // What is passed on to a cluster's API server is for that to judge.
  const own = Object.entries(document.paths).filter(
    ([path]) => path.startsWith("/k8s/") && !path.includes("/apiserver"),
  );
  routes = own.flatMap(([path, operations]) =>
    methods.filter((method) => method.toLowerCase() in operations).map((method) => ({ method, path })),
  );
});
afterAll(() => api.close());

/** The URL with this in the place of every name but the cluster's. */
const urlOf = (path: string, name: string) => path.replace("{name}", "my").replaceAll(/\{\w+\}/g, () => name);

const oddNames = {
  "a way out": "..%2f..%2fetc%2fpasswd",
  "a way out, twice encoded": "%252e%252e%252f",
  "a zero byte": "a%00b",
  "nothing but spaces": "%20",
  "a half escape": "%",
  "no UTF-8": "%ff%fe",
  "a name of an object": "__proto__",
  "three thousand characters": "x".repeat(3_000),
  "twenty thousand characters": "x".repeat(20_000),
};
const oddBodies = {
  "a text": '"x"',
  "a number": "1e999",
  "a list": "[[]]",
  null: "null",
  "half an object": '{"by": ',
  "an object with odd fields":
    '{"__proto__": {"by": 1}, "constructor": null, "node": {}, "by": [], "expect": 7, "labels": [], "options": 3}',
  "fields without end": `{${Array.from({ length: 6_000 }, (_, index) => `"k${index}": 1`).join()}}`,
  "levels without end": "[".repeat(100_000) + "]".repeat(100_000),
  "ten megabytes": `["${"x".repeat(10 * 1024 * 1024)}"]`,
};

it("there are routes of nodes, processes and files", () => {
  expect(routes.filter(({ path }) => path.includes("/nodes/")).length).toBeGreaterThan(10);
});

describe("names", () => {
  it.each(Object.entries(oddNames))("%s", async (_title, name) => {
    for (const { method, path } of routes) {
      if (!path.includes("{") || !path.replace("{name}", "").includes("{")) continue;
      const answer = await api.server.inject({ method, url: urlOf(path, name) });
      const shown = `${method} ${path}: ${answer.statusCode} ${answer.body.slice(0, 200)}`;
      expect(answer.statusCode, shown).toBeLessThan(500);
      if (answer.statusCode >= 400)
        expect(answer.json(), shown).toMatchObject({ error: expect.any(String), code: expect.any(String) });
    }
  });
});

describe("bodies", () => {
  it.each(Object.entries(oddBodies))("%s", async (_title, payload) => {
    for (const { method, path } of routes) {
      if (method === "GET" || method === "DELETE") continue;
      const answer = await api.server.inject({ method, url: urlOf(path, "m"), headers: json, payload });
      const shown = `${method} ${path}: ${answer.statusCode} ${answer.body.slice(0, 200)}`;
      expect(answer.statusCode, shown).toBeLessThan(500);
      expect(answer.body.length, shown).toBeLessThan(100_000);
    }
  });
});

describe("what cannot be read as a request has a code", () => {
  let port = 0;
  beforeAll(async () => {
    port = (await api.server.listen("127.0.0.1:0")).port;
  });
  const answerTo = async (text: string) => {
    const socket = connect(port, "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const chunk of socket.setEncoding("utf8")) answer += chunk;
    const [head = "", body = "{}"] = answer.split("\r\n\r\n");
    return { status: Number(head.split(" ")[1]), body: JSON.parse(body) };
  };

  it.each([
    [
      "a URL that is too long",
      `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    [
      "headers that are too long",
      `GET / HTTP/1.1\r\nHost: localhost\r\nA: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    ["no HTTP", "what is this\r\n\r\n", 400, "bad_request"],
  ])("%s", async (_title, text, status, code) => {
    expect(await answerTo(text)).toEqual({ status, body: { code, error: expect.any(String) } });
  });
});
