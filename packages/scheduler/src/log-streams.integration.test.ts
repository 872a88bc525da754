// The log of a cluster over a change of the leader: who follows it is told, a stop does not wait for followers, and who resumes at the next
// leader is told what may be missing.
import { EtcdServer } from "@cke/test-servers";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { type Member, SchedulerGroup, waitingCluster } from "./testing/scheduler-group.ts";

let etcd: EtcdServer | undefined;
let group: SchedulerGroup | undefined;
afterEach(async () => {
  await group?.stop();
  await etcd?.stop();
});

const path = "/k8s/v1/clusters/waits/logs";

/** What has come as server-sent events; `over` resolves with whether the answer was whole. */
async function follow({ url }: Member, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}${path}`, { headers: { accept: "text/event-stream", ...headers } });
  expect(answer.status).toBe(200);
  let text = "";
  const over = (async () => {
    try {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
      return "whole";
    } catch {
      return "cut";
    }
  })();
  return { text: () => text, over };
}

test("the leader is asked to stop: followers of the log are told and let it end; the next leader goes on from a number", async () => {
  etcd = await EtcdServer.start();
  group = await SchedulerGroup.start({ storage: ["-storage_type", "etcd", "-storage_servers", etcd.url], size: 2 });
  const leader = await group.leader();
  const [follower] = await group.followers(leader);
  if (follower === undefined) throw new Error("a follower was expected");
  expect((await group.create(leader, waitingCluster("waits"))).status).toBe(201);
  const [direct, passedOn] = [await follow(leader), await follow(follower)];
  for (const { text } of [direct, passedOn]) await expect.poll(text).toContain("created with 1 nodes");

  leader.process.signal("SIGTERM");
  expect(await direct.over).toBe("whole");
  expect(direct.text()).toMatch(/data: \{"type":"end",.*this scheduler leads no longer/);
  await passedOn.over;
  await leader.process.ended;

  const next = await group.leader(leader);
  const last = /id: (\d+)\n(?![\s\S]*id: )/.exec(direct.text())?.[1] ?? "";
  expect(Number(last)).toBeGreaterThan(0);
  const entries = async () =>
    z
      .array(z.looseObject({ type: z.string(), seq: z.number() }))
      .parse(await (await fetch(`${next.url}${path}?since=${last}`)).json());
  const [first] = await entries();
  expect(first).toMatchObject({ type: "gap", from_seq: Number(last) + 1 });
  expect(first?.seq).toBeGreaterThan(Number(last));
}, 600_000);
