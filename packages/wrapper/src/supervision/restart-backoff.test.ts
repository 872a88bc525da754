import { RestartPolicy } from "@cke/protocol";
import { describe, expect, it } from "vitest";
import { completeRestartPolicy, restartDelayMs } from "./restart-backoff.ts";

const policy = completeRestartPolicy(RestartPolicy.create({ backoffMinMs: 500, backoffMaxMs: 30_000 }));

describe("restartDelayMs", () => {
  it.each([
    [0, 0, 250],
    [0, 1, 500],
    [1, 1, 1_000],
    [5, 1, 16_000],
    [6, 1, 30_000],
    [6, 0, 15_000],
    [1_000_000, 1, 30_000],
  ])("after %i early exits with random %d: %i ms", (earlier, random, expected) => {
    expect(restartDelayMs(policy, earlier, random)).toBe(expected);
  });
});

describe("completeRestartPolicy", () => {
  it("fills in what process.proto promises", () => {
    const filled = { mode: "always", backoffMinMs: 500, backoffMaxMs: 30_000, resetAfterMs: 60_000 };
    expect(completeRestartPolicy(undefined)).toEqual(filled);
    expect(completeRestartPolicy(RestartPolicy.create({}))).toEqual(filled);
  });
  it("never has a maximum below the minimum", () => {
    expect(completeRestartPolicy(RestartPolicy.create({ backoffMinMs: 60_000 })).backoffMaxMs).toBe(60_000);
  });
});
