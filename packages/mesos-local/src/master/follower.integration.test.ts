// Two embedded masters: a scheduler's connection that asks the one that follows comes to the leader, and to the other one
// when that leads.
import { silentLogger, systemClock } from "@cke/foundation";
import { parseMasterAddress, SchedulerConnection } from "@cke/mesos";
import { masterDetector } from "@cke/mesos/master-detection";
import { afterEach, expect, test } from "vitest";
import { Master } from "./master.ts";

const basics = { clock: systemClock, logger: silentLogger };
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test("B3: a scheduler is redirected to the leading master, and comes back under its id when another one leads", async () => {
  const leader = new Master({ host: "127.0.0.1", port: 0, ...basics });
  const address = await leader.start();
  const follower = new Master({ host: "127.0.0.1", port: 0, follow: () => address, ...basics });
  const other = await follower.start();
  stops.push(
    () => leader.stop(),
    () => follower.stop(),
  );
  let id = "";
  const connection = new SchedulerConnection({
    ...basics,
    detector: masterDetector(parseMasterAddress(other), { ...basics, secure: false }),
    subscribe: () => ({
      framework_info: { user: "root", name: "f", failover_timeout: 60, ...(id === "" ? {} : { id: { value: id } }) },
    }),
    handler: (event) => {
      if (event.type === "SUBSCRIBED") id = event.subscribed.framework_id.value;
    },
  });
  connection.start();
  stops.push(() => connection.stop());
  const subscribed = (master: Master) =>
    [...(master.state?.frameworks.values() ?? [])].filter(({ stream }) => stream !== undefined).map((one) => one.id);
  await expect.poll(() => subscribed(leader), { timeout: 120_000 }).toHaveLength(1);
  const [first = ""] = subscribed(leader);
  expect(subscribed(follower)).toEqual([]);
  await leader.stop();
  follower.lead();
  await expect.poll(() => subscribed(follower), { timeout: 120_000 }).toEqual([first]);
});
