import { expect, test } from "vitest";
import { leaderClient, leaderEtcd } from "./leader-access.ts";
import { FakeTerm } from "./testing/fake-election.ts";

function scene() {
  const term = new FakeTerm(() => undefined);
  const asked: string[] = [];
  const client = leaderClient(term, {
    request: async (cluster, { method, path }) => {
      asked.push(`${cluster} ${method} ${path}`);
      return "done";
    },
  });
  const etcd = leaderEtcd(term, (cluster) => ({
    post: async (master, path) => {
      asked.push(`${cluster} ${master} ${path}`);
      return { status: 200, body: "" };
    },
  }));
  return { term, asked, patch: () => client.request("c", { method: "PATCH", path: "/n" }), etcd };
}

test("B8: clusters are asked while the term holds", async () => {
  const { asked, patch, etcd } = scene();
  expect(await patch()).toBe("done");
  expect(await etcd("c", new AbortController().signal).post("m", "/v3/x", "{}")).toEqual({ status: 200, body: "" });
  expect(asked).toEqual(["c PATCH /n", "c m /v3/x"]);
});

test("B8: no cluster is asked once the lease has run out, before anything has told of it", async () => {
  const { term, asked, patch, etcd } = scene();
  const transport = etcd("c", new AbortController().signal);
  term.leaseRuns = false;
  await expect(patch()).rejects.toMatchObject({ code: "not_leader", status: 503 });
  await expect(transport.post("m", "/v3/x", "{}")).rejects.toMatchObject({ code: "not_leader" });
  expect(asked).toEqual([]);
});
