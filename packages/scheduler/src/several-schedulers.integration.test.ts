// Three schedulers as processes on one real store, one embedded Mesos: the leader dies, stands still, leaves; the store
// goes away. What must hold: nothing that was answered 201 is lost, nothing that runs is touched, one leads at a time.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EtcdServer, type TestServer, ZooKeeperServer } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { type Member, SchedulerGroup, waitingCluster } from "./testing/scheduler-group.ts";
import { configurations, SchedulerProcess } from "./testing/scheduler-process.ts";

/** The outage is longer than the lease; CKE_LONG_OUTAGE makes it a minute. */
const outageMs = process.env.CKE_LONG_OUTAGE === undefined ? 20_000 : 60_000;
/** CKE_TEST_LEADER_TTL measures with another lease; this is the default of the flag. */
const ttlSeconds = Number(process.env.CKE_TEST_LEADER_TTL ?? 10);
/** A leader that hands over must not be waited for; no machine of tests is so slow that half of this passes. */
const longLeaseSeconds = 120;
const touching = ["ACCEPT", "KILL", "SHUTDOWN", "TEARDOWN"];

const figure = (name: string, ms: number) => console.log(`figure: ${name}: ${(ms / 1000).toFixed(1)} s`);

interface Place {
  readonly server: TestServer;
  readonly flags: readonly string[];
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  etcd: async () => {
    const server = await EtcdServer.start();
    return { server, flags: ["-storage_type", "etcd", "-storage_servers", server.url] };
  },
  ZooKeeper: async () => {
    const server = await ZooKeeperServer.start();
    return { server, flags: ["-storage_type", "zookeeper", "-storage_servers", server.address] };
  },
};

async function frameworkIdOf(member: Member): Promise<string> {
  const id = /"frameworkId":"([^"]+)"/.exec(member.process.stderr)?.[1];
  if (id === undefined) throw new Error("never subscribed");
  return id;
}

const names = async (member: Member): Promise<readonly string[]> => {
  const response = await fetch(`${member.url}/k8s/v1/clusters`, { signal: AbortSignal.timeout(60_000) });
  const list = z.array(z.looseObject({ name: z.string() })).parse(await response.json());
  return list.map(({ name }) => name).toSorted();
};

/** A WebSocket on a cluster's log; `closed` is how it ends. */
async function watchLog(member: Member, cluster: string) {
  const socket = new WebSocket(`${member.url.replace("http", "ws")}/k8s/v1/clusters/${cluster}/logs`);
  await once(socket, "message");
  return { closed: once(socket, "close").then(([code]) => z.number().parse(code)) };
}

describe.each(Object.keys(places))("three schedulers on %s", (name) => {
  let place: Place;
  let group: SchedulerGroup;
  /** For a test whose leader must stay the leader, however busy the machine is. */
  const startAgain = async (leaseSeconds: number) => {
    await group.stop();
    group = await SchedulerGroup.start({ storage: place.flags, ttlSeconds: leaseSeconds });
  };
  beforeEach(async () => {
    const open = places[name];
    if (open === undefined) throw new Error(name);
    place = await open();
    group = await SchedulerGroup.start({ storage: place.flags, ttlSeconds });
  });
  afterEach(async () => {
    await group.stop();
    await place.server.stop();
  });

  test("B6: the leader is killed: another one takes over with the same framework id, and nothing is lost or touched", async () => {
    const leader = await group.leader();
    const [one, other] = await group.followers(leader);
    if (one === undefined || other === undefined) throw new Error("two followers were expected");
    const before = await group.runningCluster(one);
    const frameworkId = await frameworkIdOf(leader);
    const log = await watchLog(other, "my");
    const created = ["c1", "c2", "c3"];
    for (const cluster of created) expect((await group.create(one, waitingCluster(cluster))).status).toBe(201);

    const killed = performance.now();
    leader.process.signal("SIGKILL");
    expect(await log.closed).toBe(1012);
    const next = await group.leader(leader);
    figure(
      `${name}: kill -9 of the leader to the next one subscribed, lease ${group.ttlSeconds} s`,
      performance.now() - killed,
    );

    const [, ...again] = await group.followers(next).then((list) => [next, ...list]);
    for (const member of [next, ...again]) {
      expect(await names(member)).toEqual([...created, "my"]);
      expect(await group.processes(member)).toEqual(before);
    }
    const calls = next.tap.since(killed);
    expect(calls[0]).toMatchObject({ type: "SUBSCRIBE", frameworkId });
    await expect.poll(() => next.tap.since(killed, "RECONCILE").length, { timeout: 120_000 }).toBeGreaterThan(0);
    expect(next.tap.since(killed, ...touching)).toEqual([]);
    expect(next.process.stderr).toMatch(/this scheduler leads now/);
    const metrics = await (await fetch(`${next.url}/metrics`)).text();
    expect(metrics).toMatch(/^cke_leader 1$/m);
    expect(metrics).toMatch(/^cke_leader_changes_total 2$/m);
  });

  test("B8: a leader that stood still for longer than its lease neither writes nor calls Mesos when it goes on", async () => {
    const leader = await group.leader();
    const [follower] = await group.followers(leader);
    if (follower === undefined) throw new Error("a follower was expected");
    const before = await group.runningCluster(follower);
    leader.process.signal("SIGSTOP");
    // Asked while it stands still: it finds this when it wakes, and must not do it by itself.
    const asked = group.create(leader, waitingCluster("asked"));
    const next = await group.leader(leader);
    expect((await group.create(next, waitingCluster("meanwhile"))).status).toBe(201);

    const woken = performance.now();
    leader.process.signal("SIGCONT");
    const answer = await asked;
    await expect
      .poll(async () => await group.readiness(leader), { timeout: 120_000, interval: 50 })
      .toMatchObject({ status: 200, role: "follower", leader: next.url });
    figure(`${name}: SIGCONT of a former leader to follower`, performance.now() - woken);
    expect(leader.process.stderr).toMatch(/this scheduler leads no longer/);
    expect((await group.leader()).url).toBe(next.url);
    // Either it was refused, or the next leader did it.
    const expected = answer.status === 201 ? ["asked", "meanwhile", "my"] : ["meanwhile", "my"];
    expect([201, 503]).toContain(answer.status);
    expect(await names(leader)).toEqual(expected);
    expect(await group.processes(leader)).toEqual(before);
    // All of this went through it.
    expect(leader.tap.since(woken)).toEqual([]);
    expect(next.process.stderr).not.toContain("failed over");
  });

  test("B8: a leader that stood still and finds events of Mesos when it wakes answers none of them before it leads again", async () => {
    const leader = await group.leader();
    for (const member of await group.followers(leader)) await member.process.end();
    const before = await group.runningCluster(leader);
    // It waits for an agent, so offers come; and an executor dies, so updates come.
    expect((await group.create(leader, waitingCluster("waiting"))).status).toBe(201);
    await expect.poll(() => leader.tap.since(0, "DECLINE").length, { timeout: 120_000 }).toBeGreaterThan(0);
    leader.process.signal("SIGSTOP");
    process.kill(before.nodes[0]?.[1][0] ?? 0, "SIGKILL");
    await delay((group.ttlSeconds + 2) * 1000);
    const woken = performance.now();
    leader.process.signal("SIGCONT");
    await expect.poll(() => leader.tap.since(woken, "ACKNOWLEDGE").length, { timeout: 120_000 }).toBeGreaterThan(0);
    expect(leader.tap.since(woken)[0]?.type).toBe("SUBSCRIBE");
    expect(leader.process.stderr).toContain("this scheduler leads no longer");
    await expect
      .poll(async () => (await group.processes(leader)).status, { timeout: 120_000, interval: 100 })
      .toBe("running");
  });

  it("the leader is asked to stop: another one leads long before the lease ends, and writes go on", async () => {
    await startAgain(longLeaseSeconds);
    const leader = await group.leader();
    const [follower] = await group.followers(leader);
    if (follower === undefined) throw new Error("a follower was expected");
    const before = await group.runningCluster(follower);
    const log = await watchLog(follower, "my");
    const left = performance.now();
    leader.process.signal("SIGTERM");
    const next = await group.leader(leader);
    figure(`${name}: SIGTERM of the leader to the next one subscribed`, performance.now() - left);
    expect(performance.now() - left).toBeLessThan(longLeaseSeconds * 500);
    expect([1001, 1012]).toContain(await log.closed);
    expect(await leader.process.ended).toBe(0);
    expect((await group.create(next, waitingCluster("after"))).status).toBe(201);
    expect(await group.processes(next)).toEqual(before);
  });

  it("a follower takes what the leader takes, and refuses what the leader refuses", async () => {
    await startAgain(longLeaseSeconds);
    const leader = await group.leader();
    const [follower] = await group.followers(leader);
    if (follower === undefined) throw new Error("a follower was expected");
    const filler = (size: number) => waitingCluster("big", { filler: "x".repeat(size) });
    const tooLarge = await group.create(follower, filler(4 * 1024 * 1024));
    expect(tooLarge.status).toBe(413);
    expect(await tooLarge.json()).toMatchObject({ code: "body_too_large" });
    const large = await group.create(follower, filler(4 * 1024 * 1024 - 1_000));
    expect(large.status, await large.text()).toBe(201);
    expect(await names(leader)).toEqual(["big"]);
    const removed = await fetch(`${follower.url}/k8s/clusters/big`, { method: "DELETE" });
    expect(removed.status).toBe(202);
    await expect.poll(() => names(leader)).toEqual([]);
  });

  it("the store goes away: reads go on, writes are 503, nothing is touched, and all goes on by itself", async () => {
    const leader = await group.leader();
    const [follower] = await group.followers(leader);
    if (follower === undefined) throw new Error("a follower was expected");
    const before = await group.runningCluster(follower);
    const frameworkId = await frameworkIdOf(leader);
    const start = performance.now();
    await place.server.pause();
    const seen = new Set<string>();
    // A change that was under way when the store went silent may be carried out when it wakes; then it is said.
    let open = false;
    // On a busy machine one round may take as long as the outage.
    const over = () =>
      performance.now() - start > outageMs && (seen.has("stale") || performance.now() - start > 240_000);
    while (!over()) {
      for (const member of group.members) {
        const read = await fetch(`${member.url}/k8s/v1/clusters/my`, { signal: AbortSignal.timeout(60_000) });
        expect(read.status, `${member === leader} ${await read.text()}`).toBe(200);
        seen.add(read.headers.has("x-cke-stale-since") ? "stale" : "current");
      }
      const write = await group.create(follower, waitingCluster("never"));
      const words = await write.text();
      expect(write.status, words).toBe(503);
      open ||= words.includes("is not known");
      expect(write.headers.has("retry-after")).toBe(true);
      await delay(500);
    }
    expect([...seen].toSorted()).toEqual(["current", "stale"]);
    const resumed = performance.now();
    place.server.resume();
    const next = await group.leader();
    figure(`${name}: the store is back to a leader that is subscribed`, performance.now() - resumed);
    await expect
      .poll(async () => (await group.create(next, waitingCluster("after"))).status, { timeout: 120_000 })
      .toBe(201);
    expect(await group.processes(next)).toEqual(before);
    for (const { tap, process } of group.members) {
      expect(tap.since(start, ...touching)).toEqual([]);
      expect(tap.since(start, "SUBSCRIBE").every((call) => call.frameworkId === frameworkId)).toBe(true);
      expect(process.over).toBe(false);
    }
    expect((await names(next)).filter((known) => !(open && known === "never"))).toEqual(["after", "my"]);
  });
});

describe("a store that this version must not touch", () => {
  it.each([
    [
      "of a newer format",
      '{"format":99,"revision":7,"id":"x"}',
      /written by a newer cke-scheduler.*start that version/,
    ],
    ["that is damaged", "no head", /not what a cke-scheduler writes: restore/],
  ])("%s: the scheduler refuses to start, says what to do, and leaves it as it is", async (_name, head, words) => {
    const etcd = await EtcdServer.start();
    const directory = await mkdtemp(join(tmpdir(), "cke-format-"));
    try {
      const encode = (text: string) => Buffer.from(text).toString("base64");
      await etcd.write("/cke/f/head", head);
      const scheduler = new SchedulerProcess(
        [
          ...["-listen", "127.0.0.1:0", "-master", "127.0.0.1:1", "-name", "f", "-k8s_config", configurations],
          ...["-k8s_registry_cert=", "-storage_type", "etcd", "-storage_servers", etcd.url],
        ],
        { cwd: directory },
      );
      expect(await scheduler.ended).toBe(1);
      const last = scheduler.stderr
        .trimEnd()
        .split("\n")
        .filter((line) => line.startsWith("cke-scheduler: "));
      expect(last).toHaveLength(1);
      expect(last[0]).toMatch(words);
      const found = z
        .object({ kvs: z.array(z.object({ value: z.string() })) })
        .parse(JSON.parse(await etcd.call("/v3/kv/range", { key: encode("/cke/f/head") })));
      expect(found.kvs.map(({ value }) => Buffer.from(value, "base64").toString())).toEqual([head]);
    } finally {
      await etcd.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
