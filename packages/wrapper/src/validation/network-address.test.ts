import { describe, expect, it } from "vitest";
import { parseAddress } from "./network-address.ts";

describe("parseAddress", () => {
  it.each([
    ["127.0.0.1:2379", { host: "127.0.0.1", port: 2379 }],
    ["[::1]:6443", { host: "::1", port: 6443 }],
    ["kubernetes.default:443", { host: "kubernetes.default", port: 443 }],
    ["127.0.0.1", undefined],
    ["::1:6443", undefined],
    [":80", undefined],
    ["a:0", undefined],
    ["a:65536", undefined],
    ["a b:80", undefined],
  ])("%s", (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });
});
