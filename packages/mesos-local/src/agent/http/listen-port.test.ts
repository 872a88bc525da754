import { systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import { listenStably } from "./listen-port.ts";

test.each([
  [{ port: 0, last: 20_001 }, [20_001, 20_001, 20_001]],
  [{ port: 5051, last: 5051 }, [5051, 5051, 5051]],
  [{ port: 5051, last: undefined }, [5051]],
])("with %j the ports tried are %j", async (request, expected) => {
  const tried: number[] = [];
  const listen = async (_ip: string, port: number) => {
    tried.push(port);
    if (tried.length < 3) throw new Error("EADDRINUSE");
    return port;
  };
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  await listenStably({ ip: "127.0.0.1", clock, listen, ...request }).catch(() => {});
  expect(tried).toEqual(expected);
});

test("a first port lies below the kernel's ephemeral ports", async () => {
  const listen = async (_ip: string, port: number) => port;
  const port = await listenStably({ ip: "127.0.0.1", port: 0, last: undefined, clock: systemClock, listen });
  expect(port).toBeGreaterThanOrEqual(15_000);
  expect(port).toBeLessThan(30_000);
});
