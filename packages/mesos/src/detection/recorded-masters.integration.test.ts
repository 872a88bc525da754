// The connection against what real masters answered: a non-leading one, one without a leader, one that authenticates.
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { loadRecording, type RecordedExchange } from "../testing/recording.ts";
import { SchedulerHarness } from "../testing/scheduler-harness.ts";
import { parseRedirect } from "./master-address.ts";

const directory = fileURLToPath(new URL("../../../../test/fixtures/mesos", import.meta.url));
const harness = new SchedulerHarness();
afterEach(() => harness.stop());

const headerOf = (exchange: RecordedExchange, name: string) =>
  exchange.response?.headers?.find(([key]) => key.toLowerCase() === name)?.[1];

describe("recording ha-redirect", () => {
  const redirects = loadRecording(directory, "ha-redirect").exchanges.filter(
    ({ response }) => response?.status === 307,
  );

  test("B3: every Location of a non-leading master leads to the leader", () => {
    expect(redirects.length).toBeGreaterThan(5);
    const from = { protocol: "http:", host: "127.0.0.1", port: 5061, basePath: "" } as const;
    for (const exchange of redirects) {
      const location = headerOf(exchange, "location") ?? "";
      expect(parseRedirect(location, from), location).toMatchObject({
        protocol: "http:",
        host: "127.0.0.1",
        port: 5060,
      });
    }
  });

  test("B3: a SUBSCRIBE that is answered so goes to the leader", async () => {
    const [follower, leader] = [await harness.master(), await harness.master()];
    const recorded = redirects.find(({ label }) => label === "non-leader: POST SUBSCRIBE");
    const location = headerOf(recorded ?? fail(), "location")?.replace(":5060", `:${leader.port}`) ?? "";
    harness.connect([follower.endpoint]);
    (await follower.subscriptions.next()).answer({ status: 307, headers: { Location: location } });
    expect((await leader.subscriptions.next()).call.path).toBe("/master/api/v1/scheduler");
  });
});

describe("recording auth", () => {
  const { exchanges } = loadRecording(directory, "auth");
  const subscriptions = exchanges.filter(({ request }) => request.path === "/api/v1/scheduler");

  test.each(
    subscriptions
      .filter(({ response }) => response?.status !== 200)
      .map((exchange) => [exchange.label ?? "", exchange] as const),
  )("B23: %s is told with the master's words and tried again, not given up", async (_label, { response }) => {
    const mesos = await harness.master();
    const problems: unknown[] = [];
    harness.connect([mesos.endpoint], {
      credentials: { principal: "me", secret: "pw" },
      onProblem: (problem) => {
        problems.push(problem);
        return "retry";
      },
    });
    const { status, body_text: text } = response ?? {};
    const refused = await mesos.subscriptions.next();
    refused.answer({ status: status ?? 0, ...(typeof text === "string" ? { text } : {}) });
    await mesos.subscriptions.next();
    const kind = status === 401 ? "unauthenticated" : "unauthorized";
    expect(problems).toEqual([{ kind, status, message: text }]);
  });

  test("B23: the header of the accepted SUBSCRIBE is the one that this connection sends", async () => {
    const accepted = subscriptions.find(({ response }) => response?.status === 200);
    const mesos = await harness.master();
    harness.connect([mesos.endpoint], { credentials: { principal: "me", secret: "pw" } });
    const { call } = await mesos.subscriptions.next();
    const recorded = accepted?.request.headers.find(([name]) => name === "Authorization")?.[1];
    expect(call.headers.authorization).toBe(recorded);
  });
});

function fail(): never {
  throw new Error("the recording lacks it");
}
