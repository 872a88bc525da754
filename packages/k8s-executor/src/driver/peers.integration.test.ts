// The nodes of a cluster in the hosts file and the routes of a real container: what a running node is sent is there within two
// seconds, and goes again, without a new container.

import { type RecordingContext, unitReport } from "@cke/executor-core/testing/recording-context";
import { ClusterPeers, type KubeNodeTaskInit, SchedulerMessage } from "@cke/protocol";
import { expect, test } from "vitest";
import { docker } from "../testing/docker-lab.ts";
import { nodeId, useDriverLab } from "../testing/driver-lab.ts";
import { launchNode } from "../testing/launches.ts";

const { lab, executor, forget, task } = useDriverLab();
const ip = (last: number) => lab().ip(last);
const launch = (init: KubeNodeTaskInit) => launchNode(task({ network: lab().network, ip: ip(10), ...init }), nodeId);

const self = () => ({ name: "n", ip: ip(10), podCidr: "10.244.0.0/24" });
const other = (number: number) => ({
  name: `w${number}`,
  ip: ip(10 + number),
  podCidr: `10.244.${number}.0/24`,
});
const push = (version: string, ...peers: readonly ReturnType<typeof other>[]) =>
  SchedulerMessage.encode({
    message: { kind: "workloadState", value: { state: ClusterPeers.encode({ version, peers }) } },
  });
const container = () => `cke-${lab().name}-n`;
const inside = (...command: readonly string[]) => docker("exec", container(), ...command);
const hosts = () => inside("/bin/cat", "/etc/hosts");
const routes = () => inside("/bin/ip", "-4", "route", "show", "proto", "98");
const report = (context: RecordingContext) => unitReport(context.of(nodeId).at(-1)?.data);
const has = (context: RecordingContext, version: string) =>
  context.until(() => report(context)?.peersVersion === version && report(context)?.launchStep === "ready");

test("a running node gets a new node's host and route, and loses them again", async () => {
  const { context, driver } = executor();
  driver.launch(launch({ peers: { version: "a1", peers: [self(), other(1)] } }));
  await has(context, "a1");
  const [file, id] = [await hosts(), (await docker("inspect", "-f", "{{.Id}}", container())).trim()];
  expect(file).toContain(`${ip(11)}\tw1`);
  expect(file).toContain("localhost");
  expect(await routes()).toBe(`10.244.1.0/24 via ${ip(11)} dev eth0`);

  driver.message(push("b2", self(), other(1), other(2)));
  await has(context, "b2");
  expect(await hosts()).toContain(`${ip(12)}\tw2`);
  expect((await routes()).split("\n").map((line) => line.trim())).toHaveLength(2);

  driver.message(push("a1", self(), other(1)));
  await has(context, "a1");
  expect(await hosts()).toBe(file);
  expect(await routes()).toBe(`10.244.1.0/24 via ${ip(11)} dev eth0`);
  expect((await docker("inspect", "-f", "{{.Id}}", container())).trim()).toBe(id);
});

test("an executor that adopts the container brings it to its own peers, and takes stale routes of an earlier image away", async () => {
  const first = executor();
  first.driver.launch(launch({ peers: { version: "a1", peers: [self(), other(1), other(2)] } }));
  await has(first.context, "a1");
  const id = await docker("inspect", "-f", "{{.Id}}", container());
  await inside("/bin/ip", "route", "add", "10.244.9.0/24", "via", ip(19), "proto", "97");
  await first.driver.detach();
  forget();

  const second = executor("2");
  second.driver.launch(launch({ incarnation: "2", peers: { version: "c3", peers: [self(), other(2)] } }));
  await has(second.context, "c3");
  expect(await docker("inspect", "-f", "{{.Id}}", container())).toBe(id);
  expect(await hosts()).not.toContain("w1");
  expect(await inside("/bin/ip", "-4", "route", "show", "root", "10.244.0.0/16")).toBe(
    `10.244.2.0/24 via ${ip(12)} dev eth0 proto 98`,
  );
});

test("a route that the kernel refuses is told, and keeps no other away", async () => {
  const { context, driver } = executor();
  const unreachable = { name: "far", ip: "203.0.113.7", podCidr: "10.244.7.0/24" };
  driver.launch(launch({ peers: { version: "a1", peers: [unreachable, other(1)] } }));
  await context.until(() => (report(context)?.peersProblem ?? "") !== "" && report(context)?.launchStep === "ready");
  expect(report(context)?.peersProblem).toContain("its routes to the pods of other nodes cannot be set");
  expect(await routes()).toContain("10.244.1.0/24");
  expect(await hosts()).toContain("203.0.113.7\tfar");
});

test("a thousand nodes are written in one go", async () => {
  const { context, driver } = executor();
  driver.launch(launch({}));
  await context.until(() => report(context)?.launchStep === "ready");
  const many = Array.from({ length: 1_000 }, (_, index) => ({
    name: `worker-${index}`,
    ip: ip(11 + (index % 200)),
    podCidr: `10.${100 + Math.floor(index / 250)}.${index % 250}.0/24`,
  }));
  const message = push("d4", self(), ...many);
  expect(message.length).toBeLessThan(64 * 1024);
  driver.message(message);
  await has(context, "d4");
  expect((await hosts()).split("\n").filter((line) => line.includes("worker-"))).toHaveLength(1_000);
  expect((await routes()).split("\n")).toHaveLength(1_000);
});
