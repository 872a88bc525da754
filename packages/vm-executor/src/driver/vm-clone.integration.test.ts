// A clone of a guest that runs: its disk is a copy of a snapshot, it is another machine, and its source may go.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VmCall, type VmCallInit, VmCallResult, type VmDefinitionInit, type VmTaskInit } from "@cke/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { typeOnSerial } from "../testing/serial-line.ts";
import { labUuid, missingForGuests, VmLab } from "../testing/vm-lab.ts";

// A guest without KVM boots in 5 s on a quiet machine, and in minutes on one that is busy.
vi.setConfig({ testTimeout: 1_800_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

const cloneUuid = randomUUID();

describe.skipIf(missing !== undefined)("a clone", () => {
  let lab: VmLab;
  const { signal } = new AbortController();
  const seed = (hostname: string): VmDefinitionInit => ({ seed: { hostname }, devices: { agent: false } });

  beforeAll(async () => {
    lab = await VmLab.open();
  }, 900_000);
  afterAll(async () => {
    await lab.clear();
    await lab.close();
  });

  const consoleOf = (uuid: string) => {
    const path = join(lab.directories.data, "vms", uuid, "console.log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const booted = async (uuid: string, words: string) =>
    await vi.waitFor(() => expect(consoleOf(uuid)).toContain(words), { timeout: 900_000, interval: 200 });
  async function call(vm: ReturnType<VmLab["executor"]>, init: VmCallInit["call"]): Promise<VmCallResult> {
    for await (const { answer } of vm.driver.streams.call({ request: VmCall.encode({ call: init }) }, signal))
      if (answer?.kind === "result") return VmCallResult.decode(answer.value);
    throw new Error("there was no result");
  }

  const cloned = (snapshot: string): VmTaskInit => ({
    ...{ vm: "vm2", uuid: cloneUuid, instance: "i2", definition: lab.definition(seed("vm2")) },
    copyOf: { vm: "vm1", uuid: labUuid, instance: "i1", snapshot, disks: [{ name: "system", format: "qcow2" }] },
  });

  test("begins with what its source had at the snapshot, while that one runs on, and stays when that one goes", async () => {
    const source = lab.executor();
    source.launch({ definition: lab.definition(seed("vm1")) });
    await source.running();
    await booted(labUuid, "guest: ready");
    await typeOnSerial(source, "mark vda before", "guest: marked vda");
    await call(source, { kind: "snapshot", value: { action: "create", name: "then" } });
    await typeOnSerial(source, "mark vda after", "guest: marked vda");
    const early = lab.executor("2");
    early.launch(cloned("never"));
    await early.ended();
    expect(early.last()).toMatchObject({ state: "TASK_FAILED" });
    expect(early.unit()).toMatchObject({ cause: "clone_snapshot", detail: expect.stringContaining("it has then") });
    const running = lab.executor("3");
    running.launch(cloned(""));
    await running.ended();
    expect(running.unit()?.cause).toBe("disk_busy");
    const clone = lab.executor("4");
    clone.launch(cloned("then"));
    await clone.running();
    await booted(cloneUuid, "guest: ready");
    expect(consoleOf(cloneUuid)).toContain("mark [before]");
    expect(consoleOf(cloneUuid)).toContain(`instance-id: ${cloneUuid}`);
    expect(consoleOf(cloneUuid)).toContain("local-hostname: vm2");
    expect(source.last()?.state).toBe("TASK_RUNNING");
    expect(clone.report()).toMatchObject({ disks: [{ name: "system", sizeMib: 16 }] });
    const { snapshots } = await call(clone, { kind: "snapshot", value: { action: "list" } });
    expect(snapshots).toEqual([]);
    source.order();
    source.kill(1_000);
    await source.ended();
    expect(existsSync(join(lab.directories.data, "vms", labUuid))).toBe(false);
    expect(clone.last()?.state).toBe("TASK_RUNNING");
    clone.order();
    clone.kill(1_000);
    await clone.ended();
    expect(await lab.leftovers()).toEqual([]);
  });
});
