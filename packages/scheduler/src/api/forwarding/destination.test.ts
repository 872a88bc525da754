import { describe, expect, it } from "vitest";
import type { Standing } from "../../leadership/standing.ts";
import { leaderStanding } from "../../leadership/testing/leader-standing.ts";
import { noVms } from "../../vm/testing/no-vms.ts";
import { FakeClusterService } from "../testing/fake-cluster-service.ts";
import { type Asked, type Destination, destinationOf } from "./destination.ts";

const service = new FakeClusterService();
const other = (name: string) => ({
  address: { id: name, url: `http://${name}:1` },
  gone: new AbortController().signal,
});
const a = other("a");
const own = "http://self:1";

type Follower = Extract<Standing, { kind: "follower" }>;
const follower = (standing: Partial<Follower>): Standing => ({
  kind: "follower",
  leader: undefined,
  lastLeader: undefined,
  memory: undefined,
  ...standing,
});
const following = follower({ leader: a, lastLeader: a });
const lost = follower({ lastLeader: a });
const memory = { service, vms: noVms, sinceMs: 5 };
const remembering = follower({ memory });

const get: Asked = { method: "GET", local: false, forwarded: false, returned: false, upgrade: false };
const post: Asked = { ...get, method: "POST" };
const upgrade: Asked = { ...get, upgrade: true };
const local: Asked = { ...post, local: true };
const again = (asked: Asked): Asked => ({ ...asked, forwarded: true });

/** In short words. */
function words(destination: Destination): string {
  switch (destination.kind) {
    case "here":
      return destination.staleSinceMs === undefined ? "here" : `here, stale since ${destination.staleSinceMs}`;
    case "leader":
      return `to ${destination.to.address.id}${destination.memoryOnly ? ", for its memory" : ""}`;
    case "refused":
      return `${destination.error.status} ${destination.error.code}`;
  }
}

describe("destinationOf", () => {
  it.each<[string, Standing, Asked, string]>([
    ["the leader answers everything", leaderStanding({ service }), post, "here"],
    ["also what was passed on to it", leaderStanding({ service }), again(upgrade), "here"],
    ["a starting one answers for itself", { kind: "starting" }, local, "here"],
    ["and nothing else", { kind: "starting" }, get, "503 not_leader"],
    ["a follower answers for itself", following, local, "here"],
    ["also when it was passed on", following, again(local), "here"],
    ["a follower passes reads on", following, get, "to a"],
    ["and writes", following, post, "to a"],
    ["and WebSockets", following, upgrade, "to a"],
    ["but nothing twice", following, again(get), "503 not_leader"],
    ["without a leader: no writes", lost, post, "503 not_leader"],
    ["no WebSockets", lost, upgrade, "503 not_leader"],
    ["reads from the last leader's memory", lost, get, "to a, for its memory"],
    ["never seen a leader", follower({}), get, "503 not_leader"],
    ["a former leader reads", remembering, get, "here, stale since 5"],
    ["also for others", remembering, { ...again(get), method: "HEAD" }, "here, stale since 5"],
    ["but does not write", remembering, post, "503 not_leader"],
    ["nor stream", remembering, upgrade, "503 not_leader"],
    ["nor read when another one leads", follower({ memory, leader: a }), get, "to a"],
    [
      "two schedulers with one address",
      follower({ leader: { ...a, address: { id: "a", url: own } } }),
      get,
      "502 leader_address",
    ],
  ])("%s", (_name, standing, asked, expected) => {
    expect(words(destinationOf(asked, standing, own))).toBe(expected);
  });
});
