import { expect, test } from "vitest";
import { readSchema } from "../../workload/body/schema-messages.ts";
import { nodeAddress } from "./node-address.ts";

const problems = (value: unknown) => {
  const result = readSchema(nodeAddress, value);
  return result.success ? [] : result.problems.map(({ message }) => message);
};

test.each([
  "192.168.0.80",
  "10.124.142.224",
  "10.0.0.1",
  "1.0.0.0",
  "126.255.255.255",
  "128.0.0.1",
  "169.253.255.255",
  "169.255.0.1",
  "172.17.0.2",
  "223.255.255.254",
])("%s may be a node's, as far as its network is not known", (text) => {
  expect(problems(text)).toEqual([]);
});

test.each([
  ["0.0.0.0", "0.0.0.0/8 (this network)"],
  ["0.255.255.255", "0.0.0.0/8 (this network)"],
  ["127.0.0.1", "127.0.0.0/8 (loopback)"],
  ["127.255.0.9", "127.0.0.0/8 (loopback)"],
  ["169.254.1.1", "169.254.0.0/16 (link-local)"],
  ["224.0.0.1", "224.0.0.0/3 (multicast, reserved and broadcast)"],
  ["240.0.0.1", "224.0.0.0/3 (multicast, reserved and broadcast)"],
  ["255.255.255.255", "224.0.0.0/3 (multicast, reserved and broadcast)"],
])("%s is no node's, whatever its network is", (text, why) => {
  expect(problems(text)).toEqual([
    `must be an IPv4 address like 192.168.0.80, and of none of 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3: ${why} has no addresses of machines; given is "${text}"`,
  ]);
});

test.each([
  ["10.0.0.300", 'must be an IPv4 address like 192.168.0.80; given is "10.0.0.300"'],
  ["fd00::1", 'must be an IPv4 address like 192.168.0.80: IPv6 is not supported; given is "fd00::1"'],
  ["::ffff:10.0.0.1", 'must be an IPv4 address like 192.168.0.80: IPv6 is not supported; given is "::ffff:10.0.0.1"'],
  ["", 'must be an IPv4 address like 192.168.0.80; given is ""'],
  [7, "must be a text; given is 7"],
])("%j is no address of a node", (value, message) => {
  expect(problems(value)).toEqual([message]);
});
