import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { TcpProxy } from "./index.ts";

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("a proxy stalls, delays and cuts", async () => {
  const echo = createServer((socket) => socket.pipe(socket).on("error", () => {}));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  ends.push(() => void echo.close());
  const address = echo.address();
  if (address === null || typeof address === "string") throw new Error("no address");
  const proxy = await TcpProxy.start(address.port);
  ends.push(() => proxy.stop());
  const socket = connect(proxy.port, "127.0.0.1");
  ends.push(() => void socket.destroy());
  const say = (text: string) =>
    new Promise<string>((resolve) => {
      socket.once("data", (chunk) => resolve(chunk.toString()));
      socket.write(text);
    });
  expect(await say("a")).toBe("a");
  proxy.stall("down");
  const answer = say("b");
  expect(await Promise.race([answer, delay(200, "silent")])).toBe("silent");
  proxy.heal();
  expect(await answer).toBe("b");
  proxy.delay(200, "up");
  const begun = performance.now();
  expect(await say("c")).toBe("c");
  expect(performance.now() - begun).toBeGreaterThan(190);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  proxy.cut();
  await closed;
  expect(proxy.connections).toBe(0);
});
