// The proof that both hosts have the same shared disks, on fakes.
import { expect, test } from "vitest";
import { FakePorts } from "../testing/fake-ports.ts";
import { begin, source } from "./testing/leaving-guest.ts";

const disks = [{ name: "data", role: "data", format: "raw", path: "/mnt/data.raw", shared: true, cache: "none" }];
const place = { data: "/b", place: "/b/vms/u", run: "/run/b" };

test.each([
  ["of an earlier version", () => place],
  ["with a copy of the claim of an earlier move", () => ({ ...place, proofs: [{ name: "data", proof: "old" }] })],
  ["with another disk", (proof: string) => ({ ...place, proofs: [{ name: "root", proof }] })],
])("a new host %s gets no guest with a shared disk while it runs", async (_what, offer) => {
  const ports = new FakePorts();
  const vm = await source({ offer: () => offer(ports.proof) }, { ports }, { disks });
  expect(await begin(vm)).toMatchObject({ moved: false, text: expect.stringContaining("shared disks (data)") });
  expect(vm.note()).toBeNull();
  await vm.driver.detach();
});

test("a new host that reads what was written just now gets further; each attempt writes something new", async () => {
  const ports = new FakePorts();
  const seen: string[] = [];
  const offer = () => {
    seen.push(ports.proof);
    return { ...place, proofs: [{ name: "data", proof: ports.proof }] };
  };
  const files = () => {
    throw new Error("so far");
  };
  const vm = await source({ offer, files }, { ports }, { disks });
  for (const _ of [1, 2]) await expect(begin(vm)).rejects.toThrow("so far");
  expect(new Set(seen).size).toBe(2);
  expect(seen).not.toContain("");
  await vm.driver.detach();
});
