import { silentLogger, systemClock } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import { describeEndpoint, type MesosEndpoint, parseMasterAddress, parseRedirect } from "./master-address.ts";
import { masterDetector } from "./master-detection.ts";

const http = (host: string, port: number, basePath = ""): MesosEndpoint => ({
  protocol: "http:",
  host,
  port,
  basePath,
});
const https = (host: string, port: number, basePath = ""): MesosEndpoint => ({
  ...http(host, port, basePath),
  protocol: "https:",
});

describe("parseMasterAddress", () => {
  test.each([
    ["10.0.0.1:5050", [http("10.0.0.1", 5050)]],
    ["master.example", [http("master.example", 5050)]],
    [" a:1 , b:2,c ", [http("a", 1), http("b", 2), http("c", 5050)]],
    ["[::1]:5050", [http("::1", 5050)]],
    ["http://a:5050", [http("a", 5050)]],
    ["https://a", [https("a", 443)]],
    ["https://proxy.example:8443/mesos/", [https("proxy.example", 8443, "/mesos")]],
    ["http://[fe80::1]:5050/", [http("fe80::1", 5050)]],
    ["a:5050,https://b:5051", [http("a", 5050), https("b", 5051)]],
  ])("%s", (text, endpoints) => {
    expect(parseMasterAddress(text)).toEqual({ kind: "list", endpoints });
  });

  test("zk://", () => {
    expect(parseMasterAddress("zk://h1:2181,h2,[::1]:99/mesos")).toEqual({
      kind: "zookeeper",
      servers: [
        { host: "h1", port: 2181 },
        { host: "h2", port: 2181 },
        { host: "::1", port: 99 },
      ],
      path: "/mesos",
    });
    expect(parseMasterAddress("zk://h1")).toMatchObject({ path: "/" });
  });

  test.each([
    "",
    "a:",
    "a:0",
    "a:70000",
    "a b:1",
    "a:1,,b:2",
    "ftp://a:1",
    "zk://",
    "zk://a:x/mesos",
    "zk://a//mesos",
    "zk://a/mesos/..",
    "zk://a/me sos",
    "http://",
    "::1:5050",
  ])("refuses %j", (text) => {
    expect(() => parseMasterAddress(text)).toThrow(expect.objectContaining({ code: "mesos_invalid_master_address" }));
  });

  test.each(["http://user:hunter2@a:5050", "zk://user:hunter2@a:2181/mesos", "user:hunter2@a:5050"])(
    "never repeats credentials: %s",
    (text) => {
      expect(() => parseMasterAddress(text)).toThrow(expect.objectContaining({ code: "mesos_invalid_master_address" }));
      expect(() => parseMasterAddress(text)).not.toThrow(/hunter2/);
    },
  );
});

describe("parseRedirect", () => {
  const from = http("10.0.0.1", 5050);
  test.each([
    // Mesos 1.12 (recording: ha-redirect).
    ["//127.0.0.1:5060/master/api/v1/scheduler", from, http("127.0.0.1", 5060, "/master")],
    ["//leader:5050", from, http("leader", 5050)],
    ["//leader:5050/api/v1/scheduler", https("a", 1), https("leader", 5050)],
    ["leader:5050", from, http("leader", 5050)],
    ["leader:5050/api/v1/scheduler", from, http("leader", 5050)],
    ["http://leader:5050/master/api/v1/scheduler", from, http("leader", 5050, "/master")],
    ["https://leader:5050/", from, https("leader", 5050)],
    ["//[::1]:5050/api/v1/scheduler", from, http("::1", 5050)],
    ["/mesos/api/v1/scheduler", from, http("10.0.0.1", 5050, "/mesos")],
    ["http://leader:5050/", https("a", 1), undefined],
    ["", from, undefined],
    ["ftp://leader:1/", from, undefined],
  ])("B3: a redirect to %s", (location, origin, expected) => {
    expect(parseRedirect(location, origin)).toEqual(expected);
  });
});

test("describeEndpoint", () => {
  expect(describeEndpoint(https("::1", 5050, "/x"))).toBe("https://[::1]:5050/x");
});

test("a list is its own detector", async () => {
  const address = parseMasterAddress("a:1,b:2");
  const detector = masterDetector(address, { clock: systemClock, logger: silentLogger, secure: false });
  expect(await detector.masters(new AbortController().signal)).toEqual([http("a", 1), http("b", 2)]);
});
