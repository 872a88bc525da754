import { describe, expect, test } from "vitest";
import { leadingMember, masterEndpoint } from "./master-info.ts";

// As a master of Mesos 1.12 writes it; the same message is in SUBSCRIBED (recording: ha-redirect).
const recorded = {
  address: { hostname: "m1.example", ip: "10.0.0.1", port: 5060 },
  capabilities: [{ type: "AGENT_UPDATE" }],
  hostname: "m1.example",
  id: "d0f0f0b0-7a3a-4c40-9c6a-0d7c0d1b4f52",
  ip: 16777226,
  pid: "master@10.0.0.1:5060",
  port: 5060,
  version: "1.12.0",
};
const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

describe("leadingMember", () => {
  test.each<[string, string[], string | undefined]>([
    ["nobody", [], undefined],
    ["the replicated log only", ["log_replicas"], undefined],
    ["one", ["json.info_0000000007"], "json.info_0000000007"],
    [
      "the lowest number, not the first name",
      ["json.info_0000000012", "log_replicas", "json.info_0000000009", "info_0000000001"],
      "json.info_0000000009",
    ],
    [
      "numbers that are longer than the padding",
      ["json.info_2147483647", "json.info_1000000000"],
      "json.info_1000000000",
    ],
    ["what only looks like one", ["json.info_", "json.info_x", "xjson.info_1", "json.info_1x"], undefined],
  ])("%s", (_what, children, leader) => {
    expect(leadingMember(children)).toBe(leader);
  });
});

describe("masterEndpoint", () => {
  const at = (host: string, port = 5060) => ({ protocol: "http:", host, port, basePath: "" });

  test("takes the address over http and the name over https", () => {
    expect(masterEndpoint(bytes(recorded), "http:")).toEqual(at("10.0.0.1"));
    expect(masterEndpoint(bytes(recorded), "https:")).toEqual({ ...at("m1.example"), protocol: "https:" });
  });

  test.each<[string, unknown, ReturnType<typeof at> | undefined]>([
    ["no address: the process id", { pid: "master@10.0.0.2:5050" }, at("10.0.0.2", 5050)],
    ["an IPv6 process id", { pid: "master@[::1]:5050" }, at("::1", 5050)],
    ["a name and a port only", { hostname: "m2", port: 5051 }, at("m2", 5051)],
    ["not JSON", "{", undefined],
    ["not an object", "[]", undefined],
    ["a port that is none", { address: { ip: "10.0.0.1", port: 0 } }, undefined],
    ["nothing", {}, undefined],
  ])("%s", (_what, value, endpoint) => {
    expect(masterEndpoint(bytes(value), "http:")).toEqual(endpoint);
  });
});
