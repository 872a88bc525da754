import { expect, test } from "vitest";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { withMemoryRoom } from "./memory-room.ts";

const domain = { name: "n", uuid: "u" };
const limits = ({ calls }: FakeHypervisor) => calls.filter((call) => call.startsWith("setMemoryParameters"));
const [more, before] = ["setMemoryParameters 196708", "setMemoryParameters 100"];

test.each([
  [{ limitKib: 100, disks: 1 }, true, [more]],
  [{ limitKib: 100, disks: 1 }, false, [more, before]],
  [{ limitKib: undefined, disks: 1 }, false, []],
])("%j, arrived %j", async (room, arrived, expected) => {
  const hypervisor = new FakeHypervisor();
  expect(await withMemoryRoom(hypervisor.sizing, domain, room, async () => ({ arrived }))).toEqual({ arrived });
  expect(limits(hypervisor)).toEqual(expected);
});

test("a failure takes the room back, and a limit that the host does not enforce is none", async () => {
  const hypervisor = new FakeHypervisor();
  hypervisor.failOn("setMemoryParameters", FakeHypervisor.refusal("no control groups"));
  const work = withMemoryRoom(hypervisor.sizing, domain, { limitKib: 100, disks: 1 }, async () => {
    throw new Error("cut");
  });
  await expect(work).rejects.toThrow("cut");
  expect(limits(hypervisor)).toEqual([more, before]);
});
