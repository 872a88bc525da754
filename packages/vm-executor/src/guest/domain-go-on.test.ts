// A guest that a move has paused, and that stays.
import { expect, test } from "vitest";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { hastyClock } from "../testing/vm-set-up.ts";
import { Domain } from "./domain.ts";

async function pausedByMove() {
  const hypervisor = new FakeHypervisor();
  await hypervisor.domains.define("<name>n</name><uuid>u</uuid><cke:vm></cke:vm>");
  hypervisor.happen("u", "paused", "migration");
  const wanted = { vm: "web", instance: "i", frameworkId: "f", name: "n", uuid: "u" };
  return { hypervisor, domain: new Domain(hypervisor, wanted, hastyClock) };
}

test("goes on, also when a job that is still ending keeps it at first", async () => {
  const { hypervisor, domain } = await pausedByMove();
  hypervisor.failOn("resume", FakeHypervisor.refusal("busy"), FakeHypervisor.refusal("busy"));
  await domain.goOn();
  expect(hypervisor.held.get("u")?.state).toBe("running");
  expect(hypervisor.calls).toContain("abortJob");
});

test("one that its operator has paused, and one that is gone, are left as they are", async () => {
  const { hypervisor, domain } = await pausedByMove();
  hypervisor.happen("u", "paused", "user");
  await domain.goOn();
  expect(hypervisor.held.get("u")?.state).toBe("paused");
  hypervisor.held.delete("u");
  await domain.goOn();
});

test("it is said when libvirt never lets it", async () => {
  const { hypervisor, domain } = await pausedByMove();
  hypervisor.failOn("resume", ...Array.from({ length: 10_000 }, () => FakeHypervisor.refusal("busy")));
  await expect(domain.goOn()).rejects.toMatchObject({ code: "guest_paused" });
});
