import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { firstFree, isFree } from "./free-ports.ts";

const server = createServer();
afterEach(() => server.close());

test("a port that somebody listens on is not free, and free ports are found beside it", async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  expect(await isFree(port, "127.0.0.1")).toBe(false);
  const last = Math.min(port + 100, 65_535);
  expect(await firstFree(port, last)).toBeGreaterThan(port);
  await expect(firstFree(port, port)).rejects.toThrow(`none of the ports ${port} to ${port} is free`);
});
