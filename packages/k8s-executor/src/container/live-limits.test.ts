// The limits of a container: raised before, lowered after what is in it changes.
import { silentLogger, systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import type { ContainerLimits } from "../docker/engine.ts";
import { LiveLimits } from "./live-limits.ts";

const limits = (mebibytes: number, cpuMillis = 1_000) => ({
  cpuMillis,
  memoryBytes: mebibytes * 1024 * 1024,
  cfsQuota: false,
});

function lab() {
  const steps: (string | number)[] = [];
  let failures = 0;
  const engine = {
    update: async (_id: string, { Memory = 0 }: ContainerLimits) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error("busy");
      }
      steps.push(Memory / 1024 / 1024);
    },
  };
  const told: string[] = [];
  const live = new LiveLimits({
    engine,
    clock: systemClock,
    logger: silentLogger,
    present: limits(100),
    containerId: () => "c",
    tell: (words) => void told.push(words),
  });
  const follow = (wanted: ReturnType<typeof limits>, signal = new AbortController().signal) =>
    live.follow(wanted, async () => void steps.push("change"), signal);
  const fail = (times: number) => {
    failures = times;
  };
  return { follow, steps, fail, told };
}

test.each<[string, number, (string | number)[]]>([
  ["more", 200, [200, "change"]],
  ["less", 50, ["change", 50]],
  ["the same", 100, ["change"]],
])("%s", async (_title, mebibytes, expected) => {
  const { follow, steps } = lab();
  await follow(limits(mebibytes));
  expect(steps).toEqual(expected);
});

test("an engine that refuses is asked again, and a later change takes over", async () => {
  const { follow, steps, fail, told } = lab();
  fail(1);
  await follow(limits(50));
  expect([steps, told]).toEqual([["change", 50], [expect.stringContaining("is tried again: busy")]]);
  fail(1_000);
  const first = follow(limits(20));
  await expect.poll(() => steps.filter((step) => step === "change").length).toBe(2);
  fail(0);
  await follow(limits(60));
  await first;
  expect(steps.at(-1)).toBe("change");
  expect(steps).toContain(60);
});

test("a container without a limit gets none", async () => {
  const { follow, steps } = lab();
  await follow({ cpuMillis: 0, memoryBytes: 0, cfsQuota: false });
  expect(steps).toEqual(["change"]);
});
