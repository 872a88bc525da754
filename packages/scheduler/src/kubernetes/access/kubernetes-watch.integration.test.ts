// Watches of real TLS servers behind real channels.
import type { RequestListener } from "node:http";
import { afterEach, expect, test } from "vitest";
import { MasterWatches } from "./kubernetes-watch.ts";
import { FakeMasters } from "./testing/fake-masters.ts";

let world: FakeMasters;
afterEach(async () => await world.stop());

async function watching(answer: RequestListener): Promise<MasterWatches> {
  world = await FakeMasters.start(["a"], () => answer);
  return new MasterWatches(world.connections);
}
const never = new AbortController().signal;
const path = "/api/v1/services?watch=true";
async function all(lines: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

test("documents come one by one, however they are cut, until the server ends the watch", async () => {
  const first = Promise.withResolvers<void>();
  const watches = await watching(async (_request, response) => {
    response.writeHead(200).write('{"a":1}\n{"b"');
    await first.promise;
    response.write(':"ä');
    response.end('"}\n{"c":3}\n');
  });
  const lines = watches.watch("my", path, never)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toEqual({ a: 1 });
  first.resolve();
  expect(await all({ [Symbol.asyncIterator]: () => lines })).toEqual([{ b: "ä" }, { c: 3 }]);
});

test("a refusal has the API server's words", async () => {
  const watches = await watching((_request, response) => {
    const status = { kind: "Status", reason: "Expired", message: "too old resource version" };
    response.writeHead(410, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  await expect(all(watches.watch("my", path, never))).rejects.toMatchObject({ status: 410, reason: "Expired" });
});

test("a connection that breaks, a line that is none, and one without an end are errors", async () => {
  let write: RequestListener = (_request, response) => {
    response.writeHead(200).write('{"a":1}\n');
    setImmediate(() => response.destroy());
  };
  const watches = await watching((request, response) => write(request, response));
  await expect(all(watches.watch("my", path, never))).rejects.toMatchObject({ code: "cluster_unreachable" });
  write = (_request, response) => void response.end("no JSON\n");
  await expect(all(watches.watch("my", path, never))).rejects.toMatchObject({ reason: "NotJson" });
  write = (_request, response) => {
    const piece = "x".repeat(1024 * 1024);
    const more = () => void (response.destroyed || response.write(piece, more));
    more();
  };
  await expect(all(watches.watch("my", path, never))).rejects.toThrow(/longer than 8388608 bytes/);
});

test("an abort ends it at once, with its reason, and closes the connection", async () => {
  const closed = Promise.withResolvers<void>();
  const watches = await watching((request, response) => {
    response.writeHead(200).write('{"a":1}\n');
    request.socket.once("close", () => closed.resolve());
  });
  const gone = new AbortController();
  const lines = watches.watch("my", path, gone.signal)[Symbol.asyncIterator]();
  await lines.next();
  gone.abort(new Error("the term is over"));
  await expect(lines.next()).rejects.toThrow("the term is over");
  await closed.promise;
});
