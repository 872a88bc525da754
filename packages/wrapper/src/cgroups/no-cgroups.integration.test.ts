// The wrapper where no cgroups can be used: everything works but limits, and it says so. Runs on every machine.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@cke/foundation";
import { ProcessSpec } from "@cke/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OutputRegistry } from "../output/output-registry.ts";
import { ProbeSemaphore } from "../probes/probe-semaphore.ts";
import { EventLog } from "../supervision/event-log.ts";
import { Supervisor } from "../supervision/supervisor.ts";
import { isAlive } from "../testing/wrapper-fixture.ts";
import { noCgroups } from "./no-cgroups.ts";

let directory: string;
let supervisor: Supervisor;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-none-"));
  supervisor = new Supervisor({
    clock: systemClock,
    logger: silentLogger,
    random: () => 0,
    cgroups: noCgroups("none here"),
    outputs: new OutputRegistry(directory, systemClock, silentLogger),
    probeSemaphore: new ProbeSemaphore(1),
    events: new EventLog({ instanceId: "i", capacity: 100, now: () => 0 }),
  });
});
afterEach(async () => {
  await supervisor.stopAll(5_000);
  rmSync(directory, { recursive: true, force: true });
});

it("starts, takes resources as they are, and stops the whole process group", async () => {
  const spec = ProcessSpec.create({
    name: "family",
    // The child does not listen to TERM, and its parent does not wait for it.
    command: ["/bin/sh", "-c", "sh -c \"trap '' TERM; while :; do sleep 0.05; done\" & echo $!; wait"],
    resources: { cpuMillis: 100, memoryBytes: 1 << 20, cfsQuota: true },
    stopGraceMs: 200,
  });
  await supervisor.start(spec, false);
  await expect.poll(() => supervisor.list()[0]?.phase).toBe("running");
  const output = join(directory, "family/stdout");

  await expect.poll(() => readFileSync(output, "utf8")).toMatch(/^\d+\n$/);
  const child = Number(readFileSync(output, "utf8"));
  const resources = { cpuMillis: 200, memoryBytes: 2 << 20, cfsQuota: false };
  expect((await supervisor.setResources("family", resources)).resources).toEqual(resources);
  expect(isAlive(child)).toBe(true);
  const stopped = await supervisor.stop("family", {}, true);
  expect(stopped.phase).toBe("stopped");
  expect(isAlive(child)).toBe(false);
  expect(supervisor.list()).toEqual([]);
});

it("refuses new processes while it stops", async () => {
  await supervisor.stopAll(1_000);
  const start = supervisor.start(ProcessSpec.create({ name: "late", command: ["/bin/true"] }), false);
  await expect(start).rejects.toMatchObject({ code: "unavailable" });
});
