// Nodes that are added to a running cluster, and changed: nothing else of the cluster is touched.
import { expect, test } from "vitest";
import { FakeKubernetes } from "../../kubernetes/testing/fake-kubernetes.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { Scenario } from "../testing/scenario.ts";
import { blocks, gentle, names, node, nodes, running, traces, up } from "../testing/scenarios/workers.ts";

test("workers are added one and ten at once: each gets a block of its own, and nothing of the others changes", async () => {
  const { s, api } = await running();
  const before = await traces(s, "m", "w");
  expect(await s.nodes.add("small", node("x", 3), "")).toEqual({ names: ["x"], warnings: [] });
  const ten = Array.from({ length: 10 }, (_, index) => node(`y${index}`, 10 + index));
  await s.nodes.add("small", ten, "ann");
  await up(s, api, "x", ...ten.map(({ name }) => name));
  expect(s.launched("small", "y9")).toContain("kubelet");
  expect(await traces(s, "m", "w")).toEqual(before);
  const given = (await blocks(s)).filter(([, block]) => block !== "");
  expect(new Set(given.map(([, block]) => block)).size).toBe(12);
  expect(s.clusters.json("small")).toMatchObject({ kubenodes: [...nodes, node("x", 3), ...ten] });
  expect(s.clusters.list()[0]).toMatchObject({ node_count: 12, status: "running" });
  // They survive another scheduler, and the cluster's JSON creates all of them.
  await s.restart();
  expect(names(s)).toHaveLength(13);
  expect(await traces(s, "m", "w")).toEqual(before);
  const record = unitRecordSchema.parse((await s.store.get("units/small/x"))?.value);
  expect(record.instance).not.toBe(unitRecordSchema.parse((await s.store.get("units/small/w"))?.value).instance);
});

test("a stop and a start bring added nodes back as they were: same block, same address, same data", async () => {
  const { s, api } = await running();
  await s.nodes.add("small", [node("x", 3), { ...node("c", 4), type: "console" }], "");
  await up(s, api, "x", "c");
  const before = await blocks(s);
  const volumes = [...s.mesos.hosts.volumes].toSorted();
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(20);
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.get("small").status).toBe("stopped");
  expect([...s.mesos.hosts.volumes].toSorted()).toEqual(volumes);
  await s.restart();
  await s.clusters.expect("small", undefined, "RUN", "");
  await up(s, api, "m", "w", "x", "c");
  expect(s.clusters.get("small").status).toBe("running");
  expect(await blocks(s)).toEqual(before);
  expect([...s.mesos.hosts.volumes].toSorted()).toEqual(volumes);
});

test("what is wrong with added nodes is said at once, with its place in the body", async () => {
  const { s } = await running();
  const problems = async (body: unknown) => {
    const error: { status: number; problems: { path: string; message: string }[] } = await s.nodes
      .add("small", body, "")
      .then(() => expect.unreachable("it was added"))
      .catch((refusal) => refusal);
    return { status: error.status, paths: error.problems?.map(({ path }) => path) };
  };
  expect(await problems(node("w", 9))).toEqual({ status: 409, paths: ["name"] });
  expect(await problems([node("x", 2)])).toEqual({ status: 409, paths: ["[0].node_ip"] });
  expect(
    await problems([
      node("x", 3, { ingresses: ["none"] }),
      node("x", 3),
      { name: "Y", type: "worker", node_ip: "127.0.0.1", process: [{ name: "p", type: "etcd" }] },
      node("z", 4, { process: [{ name: "p", type: "etcd", res: { cpu: 999_999, mem: 512 } }] }),
      "text",
    ]),
  ).toEqual({
    status: 400,
    paths: [
      ...["[2].name", "[2].type", "[2].node_ip", "[4]", "[1].name", "[1].node_ip", "[0].ingresses[0]"],
      ...["[3].process[0].type", "[3].process[0].res.cpu"],
    ],
  });
  expect(await problems([])).toMatchObject({ status: 400 });
  expect(await problems(Array.from({ length: 300 }, (_, index) => node(`x${index}`, 3)))).toMatchObject({
    status: 400,
  });
  expect(await problems({ ...node("x", 3), type: "master" })).toMatchObject({ status: 409 });
  await expect(s.nodes.add("none", node("x", 3), "")).rejects.toMatchObject({ status: 404 });
  expect(names(s)).toEqual(["m", "w"]);
  // A host may come later: its node is taken, and the answer says that it waits.
  expect(await s.nodes.add("small", node("late", 90, { host: "nowhere" }), "")).toMatchObject({
    warnings: [
      expect.stringMatching(/^node "late" waits for its host: host nowhere is not known: no agent.*there is a\./),
    ],
  });
  expect((await s.nodes.add("small", node("x", 3, { hots: "a" }), "")).warnings).toEqual([
    expect.stringContaining('hots is not a known field and was ignored: did you mean "host"?'),
  ]);
});

test("labels and taints are set at the Node object and kept; what others have set there stays", async () => {
  const { s, api } = await running();
  await s.nodes.add("small", node("x", 3, { labels: { disk: "ssd", zone: "a" }, taints: ["gpu=yes:NoSchedule"] }), "");
  await s.seconds(3);
  const change = () => s.clusters.state("small").plan.changes[0];
  expect(change()?.stages[0]?.units[0]?.reason).toBe("its Node object does not exist yet");
  await up(s, api, "x");
  const object = api.nodes.get("x");
  object?.taints.push({ key: "node.kubernetes.io/not-ready", effect: "NoExecute" });
  if (object !== undefined) object.labels.os = "linux";
  await s.seconds(5);
  const other = { key: "node.kubernetes.io/not-ready", effect: "NoExecute" };
  expect(api.nodes.get("x")).toMatchObject({ labels: { disk: "ssd", zone: "a", os: "linux" } });
  expect(api.nodes.get("x")?.taints).toEqual([
    expect.objectContaining(other),
    { key: "gpu", value: "yes", effect: "NoSchedule" },
  ]);
  expect(change()).toBeUndefined();
  const before = await traces(s, "m", "w", "x");
  expect(await s.nodes.change("small", "x", { labels: { disk: null, zone: "b" }, taints: [] }, "ann")).toEqual({
    message: 'node "x": labels, taints changed',
    warnings: [],
  });
  await s.seconds(5);
  expect(api.nodes.get("x")).toMatchObject({ labels: { zone: "b", os: "linux" }, taints: [other] });
  expect(api.nodes.get("x")?.labels).not.toHaveProperty("disk");
  expect(await traces(s, "m", "w", "x")).toEqual(before);
  expect(s.clusters.json("small")).toMatchObject({ kubenodes: [{}, {}, { name: "x", labels: { zone: "b" } }] });
  expect(s.clusters.get("small")).toMatchObject({ nodes: [{ labels: {} }, {}, { labels: { zone: "b" }, taints: [] }] });
  // A removal does not wait for what is still to be set.
  api.nodes.delete("w");
  await s.nodes.change("small", "w", { labels: { a: "b" } }, "");
  await s.seconds(3);
  await s.nodes.remove("small", ["w"], gentle, "");
  await s.seconds(10);
  expect(names(s)).toEqual(["m", "x"]);
  await expect(s.nodes.change("small", "m", { labels: { a: "b" } }, "")).rejects.toMatchObject({ status: 422 });
});

test("ingresses and attributes change what is launched next, and the answer says so", async () => {
  const api = new FakeKubernetes();
  const s = await new Scenario({ client: api }).start();
  s.mesos.addAgent("a", { cpus: 128, mem: 524_288, attributes: { rack: "r1" } });
  await s.clusters.create(smallBody({ nodes, ingresses: [{ name: "web", port: "31001/tcp" }] }));
  await up(s, api, "m", "w");
  const before = await traces(s, "m");
  const running = s.id("small", "w");
  const change = { ingresses: ["web"], attributes: [{ name: "rack", value: "r1" }] };
  const { warnings } = await s.nodes.change("small", "w", change, "");
  expect(warnings).toEqual([
    expect.stringMatching(/^ingresses: .*launched next/),
    expect.stringMatching(/^attributes: /),
  ]);
  expect(s.id("small", "w")).toBe(running);
  await expect(s.nodes.change("small", "w", { ingresses: ["web", "none"] }, "")).rejects.toMatchObject({
    ...{ status: 400, problems: [{ path: "ingresses[1]", message: 'there is no ingress "none"' }] },
  });
  const words = await s.nodes.change("small", "w", { expect: "STOP" }, "");
  expect(words.message).toContain("is stopped");
  await s.seconds(8);
  expect(s.launched("small", "w")).toEqual([]);
  await s.nodes.change("small", "w", { expect: "RUN" }, "");
  await s.offer();
  const ports = s.task("small", "w").info.resources?.find(({ name }) => name === "ports");
  expect(JSON.stringify(ports)).toContain("31001");
  expect(await traces(s, "m")).toEqual(before);
  await expect(s.nodes.change("small", "m", { expect: "STOP" }, "")).rejects.toMatchObject({ status: 422 });
  await expect(s.nodes.change("small", "x", { expect: "STOP" }, "")).rejects.toMatchObject({ status: 404 });
});

test("a node that finds no place waits since it was added, and not since its cluster was created", async () => {
  const { s } = await running();
  await s.seconds(90);
  const added = s.clock.now();
  await s.nodes.add("small", node("x", 3, { attributes: { rack: "none" } }), "");
  await s.offer();
  expect(s.clusters.pending("small")).toMatchObject([{ node: "x", since: new Date(added).toISOString() }]);
  await s.restart();
  expect(s.clusters.pending("small")).toMatchObject([{ node: "x", since: new Date(added).toISOString() }]);
});

test("an ingress whose port somebody has already is refused with who has it, and nothing is changed", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a", { cpus: 128, mem: 524_288 });
  const web = [
    { name: "web", port: "31001/tcp" },
    { name: "gotty", port: "31002/tcp" },
  ];
  const worker = { name: "w", type: "node", node_ip: "10.0.0.2", host: "a" };
  const holder = { name: "v", type: "node", node_ip: "10.0.0.3", host: "a", ingresses: ["web"] };
  const terminal = { name: "c", type: "console", node_ip: "10.0.0.4", host: "b", gottyport: 31002 };
  await s.clusters.create(smallBody({ ingresses: web, nodes: [nodes[0], worker, holder, terminal] }));
  const far = { name: "far", type: "master", node_ip: "10.0.0.9", host: "b", ingresses: ["web"] };
  await s.clusters.create(smallBody({ name: "other", network: "elsewhere", ingresses: web, nodes: [far] }));
  const refused = async (node: string, ingresses: readonly string[], message: string) =>
    await expect(s.nodes.change("small", node, { ingresses: [...ingresses] }, "")).rejects.toMatchObject({
      ...{ status: 422, problems: [{ path: "ingresses[0]", message }] },
    });
  await refused("w", ["web"], 'port 31001/tcp of host a is used by ingress "web" of node "v" already');
  await refused("c", ["gotty"], "port 31002/tcp of host b is used by the web terminal (gottyport) already");
  await refused("c", ["web"], 'port 31001/tcp of host b is used by node "far" of cluster "other"');
  const ingresses = s.clusters.get("small").nodes.map((node) => node.ingresses);
  expect(ingresses).toEqual([[], [], ["web"], []]);
  expect((await s.nodes.change("small", "w", { ingresses: ["gotty"] }, "")).message).toContain("ingresses changed");
});

test("a node that cannot be read is checked beside the others all the same, and all problems are told at once", async () => {
  const s = await Scenario.running("a");
  const add = (...nodes: readonly unknown[]) => s.nodes.add("small", nodes, "ann");
  await expect(
    add(
      {
        name: "x",
        type: "node",
        node_ip: "10.0.0.1",
        host: 7,
        ingresses: ["none"],
        process: [{ name: "a", type: "b" }],
      },
      { name: "m", type: "nodes", node_ip: "10.0.0.5", labels: { a: "b" } },
      { name: "y", type: "node", node_ip: "10.0.0.5" },
      { name: "x", type: "node", node_ip: "10.0.0" },
      { type: "node", node_ip: "10.0.0.8", reservation: 1 },
    ),
  ).rejects.toMatchObject({
    status: 400,
    problems: expect.toSatisfy((problems: readonly { readonly path: string; readonly message: string }[]) => {
      const told = problems.map(
        ({ path, message }) => `${path}: ${message.replace(/(; known are|; given is|: supported).*/, "")}`,
      );
      expect(told.toSorted()).toEqual([
        "[0].host: must be a text",
        '[0].ingresses[0]: there is no ingress "none"',
        '[0].node_ip: the address "10.0.0.1" is used by node "m" of the cluster already',
        '[0].process[0].type: "b" is not a type of process for a node',
        '[1].name: the node name "m" is used by node "m" of the cluster already',
        "[1].type: must be one of master, node, console, natgw",
        '[2].node_ip: the address "10.0.0.5" is used by [1] already',
        '[3].name: the node name "x" is used by [0] already',
        "[3].node_ip: must be an IPv4 address like 192.168.0.80",
        "[4].name: is missing: it must be a text",
        "[4].reservation: must be true or false",
      ]);
      return true;
    }),
  });
});
