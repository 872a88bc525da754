import { expect, test } from "vitest";
import { exampleVm, freeVmPrefix, vmUsage } from "./example-vm.ts";

const guest = { kernel: "/k", initrd: "/i", image: "/d.qcow2" };

test("the VM boots from its disk, and its user has the key and the password", () => {
  const body = exampleVm({ guest, prefix: "10.78.3", publicKey: "ssh-ed25519 AAAA", password: "secret" });
  expect(body).toMatchObject({
    boot: { kernel: "file:///k", commandLine: expect.stringContaining("root=/dev/vda") },
    network: { address: "10.78.3.1/24", ip: "10.78.3.10/24" },
    cloudInit: { user: "cke", password: "secret", sshKeys: ["ssh-ed25519 AAAA"] },
  });
});

test.each([
  [[], "10.78.0"],
  [["10.78.0.1", "10.78.2.1"], "10.78.1"],
  [["10.78.0.1", "10.78.1.9", "10.77.2.1"], "10.78.2"],
])("with addresses %j it takes %s", (addresses, prefix) => {
  expect(freeVmPrefix(addresses)).toBe(prefix);
});

test("no address is free", () => {
  const all = Array.from({ length: 256 }, (_, third) => `10.78.${third}.1`);
  expect(() => freeVmPrefix(all)).toThrow("no free /24");
});

test("how to log in tells no secret", () => {
  expect(vmUsage("http://h:1", "10.78.0.10", "/s/key", "/s/password")).toMatch(
    /ssh -i \/s\/key .*cke@10\.78\.0\.10\n.*http:\/\/h:1\/vm\/v1\/vms\/example-vm\/console\/vnc/,
  );
});
