// Records for tests, with what a test does not care about.
import type { LaunchRecord } from "../../workload/records/records.ts";

/** A launch on the host `a`; of the executor `e`, unless the test says otherwise. */
export function sampleLaunch(more: Partial<LaunchRecord> = {}): LaunchRecord {
  return {
    incarnation: "i",
    executorId: "e",
    agentId: "S-a",
    hostname: "a",
    role: "cke",
    configHash: "",
    cleanup: false,
    evicted: "",
    executor: {},
    createdAtMs: 0,
    readyAtMs: 0,
    tasks: [],
    ...more,
  };
}
