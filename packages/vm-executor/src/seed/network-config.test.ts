import { VmNic } from "@cke/protocol";
import { expect, test } from "vitest";
import { networkConfig } from "./network-config.ts";

const nic = (fields: Parameters<typeof VmNic.create>[0], mac = "52:54:00:00:00:01") => ({
  nic: VmNic.create({ name: "lan", ...fields }),
  mac,
});

test("a static address, and a link that asks for one", () => {
  const text = networkConfig([
    nic({ ip: "10.77.0.9/24", gateway: "10.77.0.1", dns: ["10.77.0.2", "fd00::2"], mtu: 1400 }),
    nic({ name: "wan" }, "52:54:00:00:00:02"),
  ]);
  expect(text).toBe(`version: 2
ethernets:
  nic0:
    match:
      macaddress: "52:54:00:00:00:01"
    dhcp4: false
    addresses:
      - 10.77.0.9/24
    routes:
      - to: 0.0.0.0/0
        via: 10.77.0.1
    nameservers:
      addresses:
        - 10.77.0.2
        - fd00::2
    mtu: 1400
  nic1:
    match:
      macaddress: "52:54:00:00:00:02"
    dhcp4: true
`);
});

test.each([
  [{ ip: "10.77.0.9/24", gateway: "10.78.0.1" }, "on-link: true"],
  [{ ip: "fd00::9/64", gateway: "fd00::1" }, "to: ::/0"],
  [{ ip: "10.0.0.1/32", gateway: "10.0.0.2" }, "on-link: true"],
])("the route of %j", (fields, words) => {
  expect(networkConfig([nic(fields)])).toContain(words);
});

// A MAC of digits only is a number in base sixty for YAML 1.1, unless it is quoted.
test("a MAC of digits is quoted", () => {
  expect(networkConfig([nic({}, "52:54:00:12:34:56")])).toContain('macaddress: "52:54:00:12:34:56"');
});

test.each([
  [{ ip: "10.77.0.9" }, "NIC lan: ip must be an address with its prefix length"],
  [{ ip: "10.77.0.9/33" }, "NIC lan: ip must be"],
  [{ ip: "10.77.0.900/24" }, "NIC lan: ip must be"],
  [{ ip: "fd00::9/129" }, "NIC lan: ip must be"],
  [{ ip: "10.77.0.9/24", gateway: "router" }, "NIC lan: gateway must be an address"],
  [{ ip: "10.77.0.9/24", gateway: "fd00::1" }, "NIC lan: gateway needs an ip of the same family"],
  [{ gateway: "10.77.0.1" }, "NIC lan: gateway needs an ip"],
  [{ dns: ["dns.example"] }, "NIC lan: dns must be a list of addresses"],
])("%j is refused", (fields, words) => {
  expect(() => networkConfig([nic(fields)])).toThrow(words);
});

test("a MAC is checked", () => {
  expect(() => networkConfig([nic({}, "52:54:00:AA:00:01")])).toThrow("NIC lan: mac must be");
});
