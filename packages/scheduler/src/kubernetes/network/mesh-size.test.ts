import { expect, test } from "vitest";
import { context, failure, node } from "../testing/read-bodies.ts";
import { meshProblem, mostSessions } from "./mesh-size.ts";

const bgp = { asn: 64_512, routers: [{ address: "10.0.0.9", asn: 65_001 }] };
const worker = { type: "node" as const };
const cluster = (workers: number) => [{ type: "master" as const }, ...Array.from({ length: workers }, () => worker)];

test("a mesh has as many nodes as are sure to have all sessions", () => {
  const most = mostSessions - bgp.routers.length;
  expect(meshProblem({ bgp }, cluster(most))).toBe("");
  expect(meshProblem({ bgp }, cluster(most + 1))).toMatch(/^each worker would have 141 BGP sessions, .* at most 140 /);
  expect(meshProblem({}, cluster(5_000))).toBe("");
  expect(
    meshProblem(
      { bgp },
      Array.from({ length: 500 }, () => ({ type: "console" as const })),
    ),
  ).toBe("");
});

test("a larger one is refused", () => {
  const workers = Array.from({ length: 150 }, (_, at) =>
    node({ name: `w${at}`, type: "node", node_ip: `10.0.1.${at}` }),
  );
  const body = { name: "my", network: { name: "net", provider: "bgp" }, nodes: [node({}), ...workers] };
  const messages = failure(body, context()).problems.map(({ message }) => message);
  expect(messages).toContainEqual(
    expect.stringMatching(/^each worker would have 150 .*let network.provider be "static"$/),
  );
});
