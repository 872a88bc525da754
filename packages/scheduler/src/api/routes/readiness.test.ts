import { expect, it } from "vitest";
import type { Standing } from "../../leadership/standing.ts";
import { leaderStanding } from "../../leadership/testing/leader-standing.ts";
import { FakeClusterService } from "../testing/fake-cluster-service.ts";
import { type ReadinessInput, readiness } from "./readiness.ts";

const service = new FakeClusterService();
const unsubscribed = new FakeClusterService();
unsubscribed.subscribed = false;
const full = new FakeClusterService();
full.storeProblem = "the store could not be written for 3 s (no space)";
const etcd = { type: "etcd", durable: true, shared: true };
const leader = leaderStanding({ service });
const a = { address: { id: "a", url: "http://a:1" }, gone: new AbortController().signal };
const alone: Standing = { kind: "follower", leader: undefined, lastLeader: undefined, memory: undefined };
const base: ReadinessInput = {
  phase: "serving",
  standing: leader,
  storage: etcd,
  healthy: true,
  openAddress: undefined,
};

it.each<[string, Partial<ReadinessInput>, string[], object]>([
  ["a leader", {}, [], { standing: "leader", role: "leader", storage: "etcd" }],
  [
    "a leader without Mesos",
    { standing: leaderStanding({ service: unsubscribed }) },
    ["not subscribed at a Mesos master: 10.0.0.1:5050: connect ECONNREFUSED"],
    {},
  ],
  ["without the store", { healthy: false }, ["the store does not answer"], {}],
  ["with a store that is full", { standing: leaderStanding({ service: full }) }, [full.storeProblem], {}],
  [
    "a follower",
    { standing: { ...alone, leader: a } },
    [],
    { standing: "follower", role: "follower", leader: "http://a:1" },
  ],
  [
    "a follower of nobody",
    { standing: alone },
    ["no scheduler is seen leading"],
    { standing: "follower", role: "follower" },
  ],
  ["stopping", { phase: "draining" }, ["the scheduler is stopping"], {}],
  [
    "starting",
    { standing: { kind: "starting" } },
    ["the scheduler is starting"],
    { standing: "starting", role: "starting" },
  ],
  [
    "with the empty store",
    { storage: { type: "empty", durable: false, shared: false } },
    [],
    { storage: "empty", warnings: [expect.stringContaining("a restart of this scheduler forgets every cluster")] },
  ],
  [
    "that listens beyond loopback",
    { openAddress: "0.0.0.0:8512" },
    [],
    {
      warnings: [expect.stringMatching(/^the API has no authentication and listens at 0\.0\.0\.0:8512: .*-listen 127/)],
    },
  ],
])("%s", (_name, input, missing, facts) => {
  const result = readiness({ ...base, ...input });
  expect(result.missing).toEqual(missing);
  expect(result.facts).toMatchObject(facts);
  if (!("warnings" in facts)) expect(result.facts.warnings).toBeUndefined();
});
