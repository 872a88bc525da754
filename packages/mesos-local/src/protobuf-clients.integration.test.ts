// Clients that speak protobuf only, as they are written for a real Mesos, over sockets.
import { newUuid } from "@cke/mesos";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalMesos } from "./index.ts";
import { at, ProtobufClient, protobufHeaders } from "./testing/protobuf-client.ts";
import { type RunningMesos, runningMesos } from "./testing/running-mesos.ts";
import { decodeBinary, encodeBinary, type JsonObject, protobuf } from "./wire/index.ts";

let running: RunningMesos;
let mesos: LocalMesos;
let agent: string;

beforeAll(async () => {
  running = await runningMesos();
  ({ mesos, agent } = running);
});

afterAll(() => running.stop());

async function subscribedScheduler() {
  const scheduler = new ProtobufClient(`http://${mesos.masterAddress}/api/v1/scheduler`, "scheduler");
  await scheduler.subscribe({ type: "SUBSCRIBE", subscribe: { framework_info: { user: "root", name: "protobuf" } } });
  const framework_id = at(await scheduler.next("SUBSCRIBED"), "subscribed", "framework_id");
  const offer = at(await scheduler.next("OFFERS"), "offers", "offers");
  const [offer_id, agent_id] = [at(offer, "id"), at(offer, "agent_id")];
  const launch = (task: JsonObject) => {
    const info = {
      name: "t",
      agent_id,
      resources: [
        { name: "cpus", type: "SCALAR", scalar: { value: 0.1 } },
        { name: "mem", type: "SCALAR", scalar: { value: 32 } },
      ],
      ...task,
    };
    const operations = [{ type: "LAUNCH", launch: { task_infos: [info] } }];
    return scheduler.post({ framework_id, type: "ACCEPT", accept: { offer_ids: [offer_id], operations } });
  };
  /** The next update, acknowledged. */
  const update = async () => {
    const status = at(await scheduler.next("UPDATE"), "update", "status");
    const { task_id, uuid } = status;
    if (uuid !== undefined) {
      const acknowledge = { agent_id, task_id, uuid };
      expect((await scheduler.post({ framework_id, type: "ACKNOWLEDGE", acknowledge })).status).toBe(202);
    }
    return `${status.state} ${status.message ?? ""}`.trim();
  };
  return { scheduler, framework_id, agent_id, launch, update };
}

test("a scheduler that speaks protobuf only runs a command to its end", async () => {
  const { scheduler, framework_id, launch, update } = await subscribedScheduler();
  expect((await launch({ task_id: { value: "c" }, command: { value: "true" } })).status).toBe(202);
  expect([await update(), await update(), await update()]).toEqual([
    "TASK_STARTING",
    "TASK_RUNNING",
    "TASK_FINISHED Command exited with status 0",
  ]);
  expect((await scheduler.post({ framework_id, type: "TEARDOWN" })).status).toBe(202);
  scheduler.close();
});

test("an executor that speaks protobuf only is told its task in it, and its updates are passed on", async () => {
  const { scheduler, framework_id, launch, update } = await subscribedScheduler();
  const executor_id = { value: "e" };
  const command = { value: "exec sleep 600" };
  await launch({ task_id: { value: "p" }, data: "aGk=", executor: { executor_id, command } });
  const executor = new ProtobufClient(`http://${agent}/api/v1/executor`, "executor");
  const ids = { executor_id, framework_id };
  // An executor subscribes after its process has started; before that, the agent would take it for one that was killed.
  const containers = async () => await (await fetch(`http://${agent}/containers`)).text();
  await expect.poll(containers, { timeout: 120_000 }).toContain('"executor_id":"e"');
  expect((await executor.post({ ...ids, type: "MESSAGE", message: { data: "" } })).status).toBe(403);
  await executor.subscribe({ ...ids, type: "SUBSCRIBE", subscribe: {} });
  expect(at(await executor.next("LAUNCH"), "launch", "task").data).toBe("aGk=");
  const status = { task_id: { value: "p" }, state: "TASK_RUNNING", source: "SOURCE_EXECUTOR", uuid: newUuid() };
  expect((await executor.post({ ...ids, type: "UPDATE", update: { status } })).status).toBe(202);
  expect(at(await executor.next("ACKNOWLEDGED"), "acknowledged", "task_id")).toEqual({ value: "p" });
  expect(await update()).toBe("TASK_RUNNING");
  await scheduler.post({ framework_id, type: "TEARDOWN" });
  executor.close();
  scheduler.close();
});

test("operators are answered in protobuf, events too", async () => {
  const post = async (url: string, type: string, api: string) => {
    const body = Buffer.from(encodeBinary(`${api}.Call`, { type }));
    const response = await fetch(`http://${url}/api/v1`, { method: "POST", headers: protobufHeaders(), body });
    expect(response.headers.get("content-type")).toBe(protobuf);
    return decodeBinary(`${api}.Response`, new Uint8Array(await response.arrayBuffer()));
  };
  for (const type of ["GET_FLAGS", "GET_VERSION", "GET_AGENTS", "GET_ROLES", "GET_MASTER", "GET_QUOTA"])
    expect((await post(mesos.masterAddress, type, "master")).type).toBe(type);
  for (const type of ["GET_STATE", "GET_AGENT", "GET_FLAGS", "GET_CONTAINERS", "GET_OPERATIONS"])
    expect((await post(agent, type, "agent")).type).toBe(type);
  const events = new ProtobufClient(`http://${mesos.masterAddress}/api/v1`, "master");
  await events.subscribe({ type: "SUBSCRIBE" });
  expect(at(await events.next("SUBSCRIBED"), "subscribed", "get_state", "get_agents", "agents").active).toBe(true);
  const { scheduler, framework_id, launch, update } = await subscribedScheduler();
  await launch({ task_id: { value: "o" }, command: { value: "exec sleep 600" } });
  expect(at(await events.next("TASK_ADDED"), "task_added", "task", "task_id")).toEqual({ value: "o" });
  expect([await update(), await update()]).toEqual(["TASK_STARTING", "TASK_RUNNING"]);
  expect(at(await events.next("TASK_UPDATED"), "task_updated").state).toBe("TASK_STARTING");
  const state = await post(mesos.masterAddress, "GET_STATE", "master");
  expect(at(state, "get_state", "get_agents", "agents", "agent_info").hostname).toBe("a");
  expect(at(state, "get_state", "get_tasks", "tasks", "task_id")).toEqual({ value: "o" });
  expect(JSON.stringify(at(await post(agent, "GET_TASKS", "agent"), "get_tasks"))).toContain('"task_id":{"value":"o"}');
  const containers = at(await post(agent, "GET_CONTAINERS", "agent"), "get_containers");
  expect(JSON.stringify(containers)).toContain('"executor_id":{"value":"o"}');
  await scheduler.post({ framework_id, type: "TEARDOWN" });
  expect(at(await events.next("FRAMEWORK_REMOVED"), "framework_removed", "framework_info").name).toBe("protobuf");
  events.close();
  scheduler.close();
});
