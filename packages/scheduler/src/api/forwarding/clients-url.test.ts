import { expect, test } from "vitest";
import { clientsUrl } from "./clients-url.ts";

test.each([
  [{ host: "10.0.0.5:8512" }, "http", "http://10.0.0.5:8512"],
  [{ host: "cke.example" }, "https", "https://cke.example"],
  [{ host: "cke.example", "x-forwarded-proto": "https, http" }, "http", "https://cke.example"],
  [{ host: "[fd00::1]:8512" }, "http", "http://[fd00::1]:8512"],
  [{ host: "leader:1", "x-forwarded-host": "follower:2", "x-cke-forwarded-by": "f" }, "http", "http://follower:2"],
  [{ host: "leader:1", "x-forwarded-host": "elsewhere" }, "http", "http://leader:1"],
  [{ host: "a b" }, "http", undefined],
  [{}, "http", undefined],
] as const)("%j over %s: %s", (headers, protocol, url) => {
  expect(clientsUrl({ headers, protocol })).toBe(url);
});
