// Streams through real schedulers to real executors, and one of the processes on the way dies in the middle of them: executor,
// agent, follower, leader. Every stream ends with a reason in a short time (5 s on a quiet machine), and the next request finds its way.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "@cke/foundation";
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { EtcdServer } from "@cke/test-servers";
import { afterAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { type Member, SchedulerGroup } from "../testing/scheduler-group.ts";

let etcd: EtcdServer | undefined;
let group: SchedulerGroup;

afterAll(async () => {
  await group?.stop();
  await etcd?.stop();
});

const path = "/k8s/v1/clusters/my/nodes/node0/exec";
const errorFrame = z.object({ type: z.literal("error"), code: z.string(), error: z.string() });

interface Ended {
  readonly code: number;
  /** What the scheduler said, when it could. */
  readonly error: z.infer<typeof errorFrame> | undefined;
  /** When: `performance.now()`. */
  readonly at: number;
}

/** A command that sends back what it gets, until it is ended. */
class Echo {
  readonly socket: WebSocket;
  readonly ended: Promise<Ended>;
  #text = "";
  #error: Ended["error"];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("message", (data: Buffer, binary) => {
      if (binary) this.#text += data.subarray(1).toString();
      else this.#error = errorFrame.safeParse(JSON.parse(data.toString())).data ?? this.#error;
    });
    this.ended = new Promise((resolve) => {
      socket.on("close", (code) => resolve({ code, error: this.#error, at: performance.now() }));
    });
  }

  /**
   * A channel that cannot be opened now is refused, or its scheduler is just ending: the caller asks again, as the manual says.
   * `refusals` gets what each refusal said.
   */
  static async open(member: Member, patienceMs = 240_000, refusals: string[] = []): Promise<Echo> {
    for (const begun = performance.now(); ; ) {
      const echo = new Echo(new WebSocket(`${member.url.replace("http", "ws")}${path}?command=cat`));
      try {
        await once(echo.socket, "open");
        await echo.says("hello");
        return echo;
      } catch (error) {
        refusals.push(echo.#error?.code ?? messageOf(error));
        if (performance.now() - begun >= patienceMs) throw error;
        await delay(50);
      }
    }
  }

  async says(text: string): Promise<void> {
    this.socket.send(Buffer.from(text));
    await expect.poll(() => this.#text, { timeout: 120_000 }).toContain(text);
  }
}

/** The incarnation of the node's present executor. */
async function incarnation(member: Member): Promise<string> {
  const answer = await fetch(`${member.url}/k8s/v1/clusters/my/state`);
  const { nodes } = z
    .object({ nodes: z.array(z.object({ name: z.string(), incarnation: z.string() })) })
    .parse(await answer.json());
  return nodes.find(({ name }) => name === "node0")?.incarnation ?? "";
}

/** A node whose executor was killed many times waits longer and longer for its next launch, so an operator's retry is asked for. */
async function running(member: Member): Promise<void> {
  let looks = 0;
  const status = async () => {
    const { status: now } = await group.processes(member);
    looks += 1;
    if (now !== "running" && looks % 20 === 0)
      await fetch(`${member.url}/k8s/v1/clusters/my/plan/retry`, { method: "POST" });
    return now;
  };
  await expect.poll(status, { timeout: 120_000, interval: 100 }).toBe("running");
}

/**
 * By the channel itself, which finds a silent peer after 5 s (its times are proven in `peer-liveness.test.ts`). What it does not end stays
 * open for ever, so this only tells one from the other: a busy machine must not reach it.
 */
const soonMs = 240_000;

/** How the streams end, and that they do so soon. */
async function endSoon(echoes: readonly Echo[], fault: () => Promise<void> | void): Promise<readonly Ended[]> {
  const begun = performance.now();
  await fault();
  const ends = await Promise.all(echoes.map(({ ended }) => ended));
  expect(Math.max(...ends.map(({ at }) => at)) - begun).toBeLessThan(soonMs);
  return ends;
}

const several = async (...members: readonly (Member | undefined)[]) =>
  await Promise.all(members.flatMap((member) => (member === undefined ? [] : [Echo.open(member), Echo.open(member)])));

test("streams go through the leader and through followers", async () => {
  etcd = await EtcdServer.start();
  const storage = ["-storage_type", "etcd", "-storage_servers", etcd.url];
  group = await SchedulerGroup.start({ storage, ttlSeconds: 10 });
  await group.runningCluster(await group.leader());
  const leader = await group.leader();
  const echoes = await several(leader, ...(await group.followers(leader)));
  await Promise.all(echoes.map((echo, index) => echo.says(`number ${index}`)));
  for (const { socket } of echoes) socket.close();
  await Promise.all(echoes.map(({ ended }) => ended));
});

test("the executor is killed: every stream ends with a reason, and its successor has the next ones", async () => {
  const leader = await group.leader();
  const [follower] = await group.followers(leader);
  const echoes = await several(leader, follower);
  const before = await incarnation(leader);
  const ends = await endSoon(echoes, () => group.killExecutor(before));
  for (const { code, error } of ends) {
    expect(code).toBe(1011);
    expect(error).toMatchObject({ code: "channel_lost" });
  }
  await expect.poll(() => incarnation(leader), { timeout: 120_000 }).not.toBe(before);
  await running(leader);
  (await Echo.open(leader)).socket.terminate();
});

test("the executor stands still, as on a host that has died: the same", async () => {
  const leader = await group.leader();
  const [follower] = await group.followers(leader);
  const echoes = await several(leader, follower);
  const frozen = await incarnation(leader);
  const ends = await endSoon(echoes, () => group.killExecutor(frozen, "SIGSTOP"));
  for (const { error } of ends) expect(error).toMatchObject({ code: "channel_lost" });
  const asked = await fetch(`${leader.url}${path.replace("exec", "processes/docker/files/stdout")}`);
  await group.killExecutor(frozen, "SIGCONT");
  expect(asked.status).toBe(504);
  expect(await asked.json()).toMatchObject({ code: "executor_silent" });
  (await Echo.open(leader)).socket.terminate();
}, 600_000);

test("the executor ends while it is asked for a channel: its successor is asked at once", async () => {
  const leader = await group.leader();
  await running(leader);
  const before = await incarnation(leader);
  await group.killExecutor(before, "SIGSTOP"); // it is asked, and does not answer
  const begun = performance.now();
  const refusals: string[] = [];
  const opening = Echo.open(leader, 240_000, refusals);
  await expect.poll(() => leader.tap.since(begun, "MESSAGE").length, { timeout: 120_000 }).toBeGreaterThan(0);
  await group.killExecutor(before);
  (await opening).socket.terminate();
  // Nobody waited for what the dead one would say: that ends after 10 s with 504, executor_silent.
  expect(refusals.filter((words) => /504|executor_silent/.test(words))).toEqual([]);
  expect(await incarnation(leader)).not.toBe(before);
});

test("the follower that passes streams on is killed: those of the others go on", async () => {
  const leader = await group.leader();
  const [follower, other] = await group.followers(leader);
  if (follower === undefined || other === undefined) throw new Error("two followers were expected");
  const staying = await several(leader, other);
  await endSoon(await several(follower), () => void follower.process.signal("SIGKILL"));
  await Promise.all(staying.map((echo) => echo.says("still here")));
  for (const { socket } of staying) socket.terminate();
});

test("the leader is killed: every stream ends with a code to connect again, and the next one goes through the new leader", async () => {
  const leader = await group.leader();
  const [follower] = await group.followers(leader);
  if (follower === undefined) throw new Error("a follower was expected");
  const through = await several(follower);
  const direct = await several(leader);
  const ends = await endSoon([...through, ...direct], () => void leader.process.signal("SIGKILL"));
  expect(ends.map(({ code }) => code)).toEqual([1012, 1012, 1006, 1006]);
  const next = await group.leader(leader);
  await running(next);
  const again = await several(next, follower);
  await Promise.all(again.map((echo) => echo.says("again")));
  for (const { socket } of again) socket.terminate();
});

test("the leader is asked to stop: its streams end with a code to connect again", async () => {
  const leader = await group.leader();
  await group.add();
  const echoes = await several(leader);
  const ends = await endSoon(echoes, () => void leader.process.signal("SIGTERM"));
  for (const { code } of ends) expect([1001, 1012]).toContain(code);
  const next = await group.leader(leader);
  (await Echo.open(next)).socket.terminate();
});

/** CHANNEL_SEED and CHANNEL_ROUNDS: which faults, and how many (make soak takes 40). */
const seed = Number(process.env.CHANNEL_SEED ?? 1);
const rounds = Number(process.env.CHANNEL_ROUNDS ?? 4);

test(`seed ${seed}: ${rounds} times somebody is killed at some moment; every stream ends in time, or goes on`, async () => {
  const random = seededRandom(seed);
  for (let round = 0; round < rounds; round += 1) {
    const leader = await group.leader();
    // One that was asked to stop may still be at it.
    while ((await group.followers(leader)).length < 2) await group.add();
    const followers = await group.followers(leader);
    await running(leader);
    const victims = [
      { name: "executor", kill: async () => await group.killExecutor(await incarnation(leader)) },
      { name: "leader", kill: async () => void leader.process.signal("SIGKILL") },
      { name: "leader, asked to stop", kill: async () => void leader.process.signal("SIGTERM") },
      { name: "follower", kill: async () => void followers[0]?.process.signal("SIGKILL") },
    ];
    const victim = victims[Math.floor(random() * victims.length)];
    const asked = [leader, ...followers][Math.floor(random() * 3)];
    const opening = Promise.allSettled(
      Array.from({ length: 1 + Math.floor(random() * 8) }, () => Echo.open(asked ?? leader, 0)),
    );
    // Some are open by then, and some are on their way.
    await delay(random() * 300);
    const killed = performance.now();
    await victim?.kill();
    const echoes = (await opening).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const outcome = async (echo: Echo) => {
      const goesOn = echo.says(`after ${round}`).then(() => "goes on");
      const ended = echo.ended.then(({ at }) => (at - killed < soonMs ? "ended soon" : "ended late"));
      return await Promise.race([ended, goesOn]).catch(() => "silent");
    };
    const outcomes = await Promise.all(echoes.map(outcome));
    for (const one of outcomes) expect(["goes on", "ended soon"], `round ${round}, ${victim?.name}`).toContain(one);
    for (const { socket } of echoes) socket.terminate();
  }
}, 600_000);

test("the agent is killed: its executor and the streams go on", async () => {
  const leader = await group.leader();
  // The test before may have killed the executor at last.
  await running(leader);
  const echoes = await several(leader);
  await group.stopAgent();
  await Promise.all(echoes.map((echo) => echo.says("without an agent")));
  for (const { socket } of echoes) socket.terminate();
});
