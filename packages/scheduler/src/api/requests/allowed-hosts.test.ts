import { describe, expect, it } from "vitest";
import { AllowedHosts, isLoopbackAddress, parseAuthority } from "./allowed-hosts.ts";

let interfaces: readonly string[] = ["sched-1", "10.0.0.5", "fe80::1"];
const hosts = new AllowedHosts({
  own: ["0.0.0.0", "cke.internal"],
  trusted: ["cke.example", "[fd00::7]"],
  ofThisHost: () => interfaces,
});
const statusOf = (host: string | undefined, origin?: string) => hosts.refusal({ host, origin })?.status ?? "allowed";

describe("Host", () => {
  it.each([
    undefined, // HTTP/1.0, as probes of load balancers send it
    "",
    "localhost",
    "localhost:8512",
    "LocalHost.:1",
    "cke.localhost",
    "127.0.0.1:8512",
    "127.0.0.2",
    "[::1]:8512",
    "[::ffff:127.0.0.1]",
    "0.0.0.0:8512",
    "sched-1:8512",
    "SCHED-1",
    "10.0.0.5:8512",
    "10.0.0.5:80",
    "[fe80::1]:8512",
    "[FE80:0:0::1]",
    "cke.internal:8512",
    "cke.example",
    "cke.example:443",
    "[fd00::7]",
  ])("%s is allowed", (host) => expect(statusOf(host)).toBe("allowed"));

  it.each([
    "rebound.attacker.example",
    "rebound.attacker.example:8512",
    "localhost.attacker.example",
    "127.0.0.1.attacker.example",
    "cke.example.attacker.example",
    "notlocalhost",
    "10.0.0.6:8512",
    "sched-1.attacker.example",
    "[fd00::8]",
    "cke.example@attacker.example",
    "attacker.example/cke.example",
    "attacker.example#localhost",
    "localhost:8512:1",
    "cke.example, attacker.example",
    ":8512",
    "%00",
    "[::1",
    "x".repeat(10_000),
  ])("%s is 421", (host) => expect(statusOf(host)).toBe(421));

  it("is refused in words that name the flag, with no more of it than fits", () => {
    const error = hosts.refusal({ host: `${"x".repeat(90)}.attacker.example` });
    expect(error?.code).toBe("host_not_allowed");
    expect(error?.message).toContain(`${"x".repeat(90)}.attacker.…`);
    expect(error?.message).toContain("-allowed_hosts");
  });

  it("may be an address that an interface got later", () => {
    expect(statusOf("10.9.9.9")).toBe(421);
    interfaces = [...interfaces, "10.9.9.9"];
    expect(statusOf("10.9.9.9")).toBe("allowed");
  });
});

describe("Origin", () => {
  it.each([
    ["10.0.0.5:8512", "http://10.0.0.5:8512"],
    ["localhost:8512", "http://LOCALHOST:8512"],
    ["[::1]:8512", "http://[::1]:8512"],
    ["sched-1", "http://sched-1"],
    ["sched-1:443", "https://sched-1"],
    ["cke.example", "https://cke.example"],
    // A proxy that asks under another name than the page has.
    ["10.0.0.5:8512", "https://cke.example"],
    ["10.0.0.5:8512", "http://cke.example:3000"],
    [undefined, "https://cke.example"],
  ])("of %s, %s is allowed", (host, origin) => expect(statusOf(host, origin)).toBe("allowed"));

  it.each([
    ["10.0.0.5:8512", "http://attacker.example"],
    ["10.0.0.5:8512", "http://attacker.example:8512"],
    ["10.0.0.5:8512", "null"],
    ["10.0.0.5:8512", ""],
    ["10.0.0.5:8512", "https://10.0.0.5"],
    // Another program of the same host.
    ["localhost:8512", "http://localhost:3000"],
    ["10.0.0.5:8512", "http://10.0.0.5"],
    ["localhost:8512", "chrome-extension://abc"],
    ["localhost:8512", "http://cke.example@attacker.example"],
    ["localhost:8512", "http://cke.example, http://attacker.example"],
    ["localhost:8512", "http://localhost:8512/x"],
    [undefined, "http://localhost:8512"],
  ])("of %s, %s is 403", (host, origin) => {
    const error = hosts.refusal({ host, origin });
    expect(error?.status).toBe(403);
    expect(error?.message).toContain("-allowed_hosts");
  });

  it("does not save a wrong Host", () => expect(statusOf("attacker.example", "https://cke.example")).toBe(421));
});

it.each([
  ["127.0.0.1", true],
  ["127.255.0.1", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.5", false],
  ["localhost", false],
])("%s is a loopback address: %s", (address, is) => expect(isLoopbackAddress(address)).toBe(is));

it.each([
  ["Example.org.:80", { hostname: "example.org", port: "80" }],
  ["[::1]", { hostname: "::1", port: undefined }],
  ["a:", { hostname: "a", port: undefined }],
  ["a b", undefined],
])("%s", (text, authority) => expect(parseAuthority(text)).toEqual(authority));
