// An opening follows its unit from one executor to the next, and waits for none that has ended.
import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import type { Channel } from "./channel.ts";
import type { ChannelUnit } from "./unit.ts";
import { UnitChannels } from "./unit-channels.ts";

const never = new AbortController().signal;
const refusal = (code: string, status: number) => new CkeError(code, `refused: ${code}`, { status });
const notRunning = refusal("node_not_running", 409);

/** Channels that open when the test says so, to units that are where the test puts them. */
function scene() {
  let where: string | CkeError = "one";
  const openings = new Map<string, PromiseWithResolvers<Channel>>();
  const asked: string[] = [];
  const channels = new UnitChannels({
    locate: (_workload, unit): ChannelUnit => {
      if (where instanceof CkeError) throw where;
      return { executorId: where, agentId: "agent", name: unit };
    },
    channels: {
      dial: () => {},
      open: async ({ executorId }) => {
        asked.push(executorId);
        const opening = openings.get(executorId) ?? Promise.withResolvers<Channel>();
        openings.set(executorId, opening);
        return await opening.promise;
      },
      executorEnded: (executorId, reason) => {
        openings.get(executorId)?.reject(reason);
        openings.delete(executorId);
      },
    },
  });
  return {
    asked,
    channels,
    open: () => channels.open("my", "n0", never),
    move: (to: string | CkeError) => {
      where = to;
      channels.changed("my", "n0");
    },
    fail: (executorId: string, reason: CkeError) => openings.get(executorId)?.reject(reason),
  };
}

test("an executor that was replaced is not waited for: the next one is asked at once, by everyone who waits", async () => {
  const { asked, open, move, fail } = scene();
  const waiting = [open(), open()];
  move("two");
  await expect.poll(() => asked).toEqual(["one", "one", "two", "two"]);
  move("three");
  await expect.poll(() => asked.slice(4)).toEqual(["three", "three"]);
  fail("three", refusal("done", 502));
  for (const one of waiting) await expect(one).rejects.toMatchObject({ code: "done" });
});

test.each<[string, CkeError, string, boolean]>([
  ["between two executors: to ask again later", notRunning, "executor_replaced", true],
  ["its agent is out of reach: that", refusal("agent_unreachable", 504), "agent_unreachable", false],
  ["the workload was removed: that", refusal("cluster_not_found", 404), "cluster_not_found", false],
])("%s", async (_name, now, code, retryable) => {
  const { open, move } = scene();
  const waiting = open();
  move(now);
  await expect(waiting).rejects.toMatchObject({ code, retryable });
});

test("a change that leaves the executor where it is, and one of another unit, disturb nobody", async () => {
  const { asked, channels, open, move, fail } = scene();
  const waiting = open();
  move("one");
  channels.changed("my", "other");
  fail("one", refusal("executor_silent", 504));
  await expect(waiting).rejects.toMatchObject({ code: "executor_silent" });
  expect(asked).toEqual(["one"]);
});

test("a unit that does not run is told as it is", async () => {
  const { asked, open, move } = scene();
  move(notRunning);
  await expect(open()).rejects.toBe(notRunning);
  expect(asked).toEqual([]);
});
