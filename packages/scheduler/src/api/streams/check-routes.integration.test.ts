// Health checks of a node's process through the API, over a real channel that is dialled at this very API.
import { CkeError } from "@cke/foundation";
import { Probe } from "@cke/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { StreamsFixture } from "../testing/streams-fixture.ts";

let fixture: StreamsFixture;
beforeEach(async () => {
  fixture = await StreamsFixture.start();
});
afterEach(async () => await fixture.stop());

const run = async (who: "leader" | "follower" = "leader") => {
  const path = "/k8s/v1/clusters/my/nodes/n0/processes/etcd/checks";
  const answer = await fetch(`${fixture.of(who)}${path}`, { method: "POST", signal: AbortSignal.timeout(60_000) });
  return { status: answer.status, cache: answer.headers.get("cache-control"), body: await answer.json() };
};

test.each(["leader", "follower"] as const)(
  "they are run in their order, and what they say is told: %s",
  async (who) => {
    fixture.api.processes.health = ["alive", "leader"].map((name) => Probe.create({ name, phase: `etcd ${name}` }));
    fixture.local.failing.set("leader", "no leader, asked with token=0123456789abcdef");
    const { status, cache, body } = await run(who);
    expect([status, cache]).toEqual([200, "no-store"]);
    expect(body).toMatchObject({
      checks: [
        { name: "alive", phase: "etcd alive", passing: true, message: "", duration_ms: 1 },
        { name: "leader", phase: "etcd leader", passing: false, message: expect.stringMatching(/^no leader/) },
      ],
    });
    expect(JSON.stringify(body)).not.toContain("0123456789abcdef");
  },
);

test("a process without checks is asked nothing, also when its node cannot be reached", async () => {
  fixture.unreachable = new CkeError("executor_silent", "no answer", { status: 504 });
  expect(await run()).toMatchObject({ status: 200, body: { checks: [] } });
});

test("a body with fields is refused with their names, and nothing is run", async () => {
  fixture.api.processes.health = [Probe.create({ name: "alive" })];
  fixture.unreachable = new CkeError("executor_silent", "no answer", { status: 504 });
  const path = "/k8s/v1/clusters/my/nodes/n0/processes/etcd/checks";
  const post = (payload: object) => fixture.api.server.inject({ method: "POST", url: path, payload });
  const refused = await post({ probe: "alive" });
  expect([refused.statusCode, refused.json()]).toEqual([400, expect.objectContaining({ code: "bad_request" })]);
  expect(refused.json().error).toBe("probe: is not a known field: none is known here");
  expect((await post({})).statusCode).toBe(504);
});

test("why there is no answer is told with its code", async () => {
  fixture.api.processes.health = [Probe.create({ name: "alive" })];
  fixture.unreachable = new CkeError("node_not_running", "it does not run", { status: 409 });
  expect(await run()).toMatchObject({ status: 409, body: { code: "node_not_running" } });
  fixture.api.processes.failure = new PartNotFoundError("process", 'node "n0"', "etcd", []);
  expect(await run()).toMatchObject({ status: 404 });
});
