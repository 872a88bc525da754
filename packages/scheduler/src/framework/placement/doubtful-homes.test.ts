import { describe, expect, it } from "vitest";
import { newUnitRecord } from "../../workload/records/records.ts";
import type { Placement } from "../offer-fit/placement-request.ts";
import { doubtOf } from "./doubtful-homes.ts";

const placement = (more: object, agentId = "S-2"): Placement => ({
  request: {
    id: "my/m1",
    workload: "my",
    host: "*",
    attributes: [],
    parts: [],
    roles: [],
    home: "a",
    homeOnly: true,
    cleanup: false,
    spread: true,
    ...more,
  },
  agentId,
  hostname: "a",
  role: "*",
  offerIds: [],
  resources: [],
  reserve: [],
  own: [],
});
const record = (hostname: string) => ({
  ...newUnitRecord("my", "m1", "1"),
  last: { executorId: "e", agentId: "S-1", hostname, endedAtMs: 1 },
});

describe("doubtOf", () => {
  it.each<[string, Placement, string, boolean, boolean]>([
    ["another agent of the name", placement({}), "a", false, true],
    ["the same agent", placement({}, "S-1"), "a", false, false],
    ["another agent, and Mesos has told of the one before", placement({}), "a", true, false],
    ["its last launch was elsewhere", placement({}), "b", false, false],
    ["not tied to its host", placement({ homeOnly: false }), "a", false, false],
    ["not stateful", placement({ spread: false }), "a", false, false],
    ["a clean-up", placement({ cleanup: true }), "a", false, false],
  ])("%s", (_title, asked, hostname, told, doubtful) => {
    const doubt = doubtOf(asked, { unit: () => record(hostname), answeredSince: () => told });
    expect(doubt !== undefined).toBe(doubtful);
    if (doubtful)
      expect(doubt?.words).toBe(
        "is agent S-2, and the data was left by S-1: Mesos is asked whether that one was marked gone",
      );
  });
});
