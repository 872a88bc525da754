import { hostname, networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { type ParsedFlags, parseFlags } from "../flags/flags.ts";
import { allowedHosts } from "./scheduler-hosts.ts";

function flags(argv: readonly string[]): ParsedFlags["values"] {
  const outcome = parseFlags(argv, {});
  if (outcome.kind !== "run") throw new Error(`${argv.join(" ")}: ${outcome.kind}`);
  return outcome.flags.values;
}

it.each([
  [["-listen", "10.0.0.9:1"], ["10.0.0.9:1"], ["10.0.0.8:1"]],
  [["-listen", "[fd00::1]:1"], ["[fd00::1]:8512"], ["[fd00::2]:1"]],
  [["-service_host", "sched.example"], ["sched.example:8512"], ["other.example"]],
  [["-service_host", "[fd00::9]"], ["[fd00::9]:8512"], []],
  [["-framework_url", "https://ui.example/cke/"], ["ui.example"], ["example"]],
  [["-executor_url", "cdn.example:81/x"], ["cdn.example:81"], ["x"]],
  [["-executor_url", "https://cdn.example/"], ["cdn.example"], []],
  [
    ["-allowed_hosts", "lb.example, 192.0.2.1,[fd00::3],fd00::4"],
    ["lb.example", "192.0.2.1", "[fd00::3]", "[fd00::4]"],
    [],
  ],
  [[], ["localhost", "127.0.0.1"], ["attacker.example", "192.0.2.1"]],
])("%j allows %j and not %j", (argv, allowed, refused) => {
  const hosts = allowedHosts(flags(argv), () => []);
  for (const host of allowed) expect(hosts.refusal({ host }), host).toBeUndefined();
  for (const host of refused) expect(hosts.refusal({ host })?.status, host).toBe(421);
});

it("pages of -allowed_hosts and of -framework_url may ask under this scheduler's own address, others not", () => {
  const hosts = allowedHosts(
    flags(["-allowed_hosts=lb.example", "-framework_url=https://ui.example", "-service_host=sched.example"]),
    () => [],
  );
  const status = (origin: string) => hosts.refusal({ host: "127.0.0.1:8512", origin })?.status;
  expect(["https://lb.example", "https://ui.example", "http://sched.example:8512"].map(status)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(status("https://sched.example")).toBe(403);
});

it("this host's own name and addresses are always allowed", () => {
  const hosts = allowedHosts(flags([]));
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  for (const host of [
    hostname(),
    ...addresses.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address)),
  ])
    expect(hosts.refusal({ host: `${host}:8512` }), host).toBeUndefined();
});
