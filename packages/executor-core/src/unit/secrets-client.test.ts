// Asking until answered, and believing only the answer to one's own question.
import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import { ExecutorMessage, type SecretsRequest, SecretsResponse, sealSecrets } from "@cke/protocol";
import { expect, test } from "vitest";
import { SecretsClient } from "./secrets-client.ts";

function setUp() {
  const requests: SecretsRequest[] = [];
  const asked = { count: 1, resolve: () => {} };
  // Waiting costs no time, but lets everything else run first.
  const clock: Clock = { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(1, signal) };
  const client = new SecretsClient({
    executorId: "e",
    clock,
    logger: silentLogger,
    send: (data) => {
      const { message } = ExecutorMessage.decode(data);
      if (message?.kind === "secretsRequest") requests.push(message.value);
      if (requests.length >= asked.count) asked.resolve();
    },
  });
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      asked.count = count;
      asked.resolve = resolve;
      if (requests.length >= count) resolve();
    });
  return { client, requests, until };
}

const secrets = { a: new Uint8Array([1]) };

test("nothing wanted: nobody is asked", async () => {
  const { client, requests } = setUp();
  expect((await client.fetch([], new AbortController().signal)).size).toBe(0);
  expect(requests).toEqual([]);
});

test("the same request is repeated until it is answered; other answers are ignored", async () => {
  const { client, requests, until } = setUp();
  const fetched = client.fetch(["a"], new AbortController().signal);
  await until(3);
  expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(1);
  client.receive(SecretsResponse.create({ requestId: "another", error: "ignored" }));
  const [request] = requests;
  if (request !== undefined) client.receive(sealSecrets(request, { executorId: "e", secrets }));
  expect((await fetched).get("a")).toEqual(secrets.a);
});

test("an answer that was sealed for another executor is refused", async () => {
  const { client, requests, until } = setUp();
  const fetched = client.fetch(["a"], new AbortController().signal);
  await until(1);
  const [request] = requests;
  if (request !== undefined) client.receive(sealSecrets(request, { executorId: "other", secrets }));
  await expect(fetched).rejects.toThrow(/not authentic/);
});

test("an abort ends the asking with its own reason", async () => {
  const { client, until } = setUp();
  const abort = new AbortController();
  const fetched = client.fetch(["a"], abort.signal);
  await until(1);
  abort.abort(new Error("the node is let go"));
  await expect(fetched).rejects.toThrow("the node is let go");
});
