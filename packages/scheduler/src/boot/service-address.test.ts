import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { parseListen } from "../api/listen-address.ts";
import { executorBaseUrl, serviceUrl } from "./service-address.ts";

const address = (text: string, internal = false): NetworkInterfaceInfo => {
  const common = { address: text, netmask: "", mac: "", internal, cidr: null };
  return text.includes(":") ? { ...common, family: "IPv6", scopeid: 0 } : { ...common, family: "IPv4" };
};
const interfaces = {
  lo: [address("127.0.0.1", true), address("::1", true)],
  eth0: [address("fe80::1"), address("fd00::5"), address("10.0.0.5")],
};
const input = { serviceHost: undefined, servicePort: undefined, listen: "0.0.0.0:8512", boundPort: 8512, interfaces };

describe("serviceUrl", () => {
  it.each([
    ["the first outside address", input, "http://10.0.0.5:8512"],
    ["the flags", { ...input, serviceHost: "cke.example", servicePort: "80" }, "http://cke.example:80"],
    [
      "the address it listens on, when that is one",
      { ...input, listen: "127.0.0.1:0", boundPort: 4711 },
      "http://127.0.0.1:4711",
    ],
    [
      "an IPv6 address, when there is no other",
      { ...input, interfaces: { eth0: [address("fd00::5")] } },
      "http://[fd00::5]:8512",
    ],
    ["the loopback address, when there is nothing", { ...input, interfaces: {} }, "http://127.0.0.1:8512"],
    ["brackets once", { ...input, serviceHost: "[fd00::9]" }, "http://[fd00::9]:8512"],
  ])("takes %s", (_name, given, url) => expect(serviceUrl(given)).toBe(url));
});

describe("executorBaseUrl", () => {
  it.each([
    [undefined, "http://own:1"],
    ["http://cdn.example/cke/", "http://cdn.example/cke"],
    ["https://cdn.example", "https://cdn.example"],
    ["cdn.example:81", "http://cdn.example:81"],
  ])("%s → %s", (flag, url) => expect(executorBaseUrl(flag, "http://own:1")).toBe(url));
});

describe("parseListen", () => {
  it.each([
    ["0.0.0.0:8512", "0.0.0.0", 8512],
    ["[::1]:0", "::1", 0],
    [":8512", "0.0.0.0", 8512],
    ["localhost:1", "localhost", 1],
  ])("%s", (text, host, port) => expect(parseListen(text)).toEqual({ host, port }));
});
