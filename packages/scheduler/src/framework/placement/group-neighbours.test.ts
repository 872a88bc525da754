import { expect, test } from "vitest";
import { newUnitRecord, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import { neighbourProblem } from "../offer-fit/neighbours.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { withNeighbours } from "./group-neighbours.ts";

const group = "racks";
const unit = (name: string, notOn?: string) => ({
  ...{ name, host: "*", attributes: [], reservation: false, pod: false, expect: "RUN" as const, stateful: true },
  ...(notOn === undefined ? {} : { notOn }),
  apart: { group, by: "rack" },
});
const workload = (name: string, units: readonly ReturnType<typeof unit>[]): WorkloadRecord => ({
  kind: "vm",
  spec: { name, units, attributes: [], role: "", expect: "RUN" },
  createdAtMs: 1,
  deleting: false,
});
const record = (name: string, at: string, home: string, rack: string): UnitRecord => ({
  ...newUnitRecord(name, at, "i"),
  home,
  apartAt: rack,
});
/** "web" is on a, in rack 1, and is to leave that host; "db" is on c, in rack 2. */
const known = (notOn: string) => ({
  workloads: () => [
    workload("web", [unit("vm"), unit("destination", notOn)]),
    workload("db", [unit("vm")]),
    workload("idle", [unit("vm")]),
  ],
  units: (name: string) =>
    name === "web"
      ? [record("web", "vm", "a", "1"), newUnitRecord("web", "destination", "i")]
      : name === "db"
        ? [record("db", "vm", "c", "2")]
        : [newUnitRecord("idle", "vm", "i")],
});
const request = (id: string, notOn?: string): PlacementRequest => ({
  ...{
    id,
    workload: id.split("/")[0] ?? "",
    host: "*",
    attributes: [],
    parts: [],
    roles: [],
    home: "",
    homeOnly: false,
  },
  ...{ cleanup: false, spread: true, apart: { group: `vm ${group}`, by: "rack", neighbours: [] } },
  ...(notOn === undefined ? {} : { notOn }),
});
const agent = (hostname: string, rack: string) => ({
  hostname,
  attributes: [{ name: "rack", type: "TEXT" as const, text: { value: rack } }],
});

test.each<[string, PlacementRequest, ReturnType<typeof agent>, string | undefined]>([
  ["a move within its own rack", request("web/destination", "A"), agent("b", "1"), undefined],
  [
    "a move to the rack of another VM",
    request("web/destination", "a"),
    agent("d", "2"),
    'has rack=2, like db/vm of the same group "vm racks"',
  ],
  ["a move to a rack of its own", request("web/destination", "a"), agent("e", "3"), undefined],
  [
    "to the host that it leaves",
    request("web/destination", "a"),
    agent("a", "1"),
    'has web/vm, of the same group "vm racks"',
  ],
  [
    "another unit of its workload, of which it takes no place",
    request("web/destination", "x"),
    agent("b", "1"),
    'has rack=1, like web/vm of the same group "vm racks"',
  ],
  [
    "another VM, while this one is on its way",
    request("idle/vm"),
    agent("b", "1"),
    'has rack=1, like web/vm of the same group "vm racks"',
  ],
])("%s", (_what, asked, offered, words) => {
  const seen = withNeighbours(asked, known(asked.notOn ?? "a"));
  expect(neighbourProblem(seen, offered)?.words).toBe(words);
});
