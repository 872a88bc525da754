import { silentLogger, systemClock } from "@cke/foundation";
import { newUuid, parseJson, parseSchedulerEvent, RecordIoDecoder } from "@cke/mesos";
import { afterEach, expect, test } from "vitest";
import { AgentLink, type MasterMessage, type RegisterMessage } from "../link/index.ts";
import { parseResources } from "../resources/parse.ts";
import { Master } from "./master.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("thin path: subscribe, offer, accept, update, acknowledge", async () => {
  const master = new Master({ host: "127.0.0.1", port: 0 });
  const address = await master.start();
  cleanups.push(() => master.stop());
  const seen: MasterMessage[] = [];
  let agentId = "";
  const register: RegisterMessage = {
    type: "REGISTER",
    hostname: "h1",
    ip: "127.0.0.1",
    port: 5051,
    resources: [...parseResources("cpus:8;mem:16384;ports:[31000-32000]")],
    attributes: [],
    frameworks: [],
    version: "1.12.0",
  };
  const link: AgentLink = new AgentLink({
    master: () => address,
    register: () => register,
    clock: systemClock,
    logger: silentLogger,
    onMessage: (message) => {
      seen.push(message);
      if (message.type === "REGISTERED") agentId = message.agent_id.value;
      if (message.type === "RUN_TASK") {
        link.send({
          type: "STATUS_UPDATE",
          framework_id: message.framework_id,
          status: {
            task_id: message.task.task_id,
            state: "TASK_RUNNING",
            source: "SOURCE_EXECUTOR",
            uuid: newUuid(),
            agent_id: { value: agentId },
          },
        });
      }
    },
  });
  link.start();
  cleanups.push(() => link.stop());

  const response = await fetch(`http://${address}/api/v1/scheduler`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "SUBSCRIBE", subscribe: { framework_info: { user: "root", name: "t" } } }),
  });
  const streamId = response.headers.get("mesos-stream-id") ?? "";
  const decoder = new RecordIoDecoder();
  const call = (body: object) =>
    fetch(`http://${address}/api/v1/scheduler`, {
      method: "POST",
      headers: { "content-type": "application/json", "mesos-stream-id": streamId },
      body: JSON.stringify(body),
    });
  let frameworkId = { value: "" };
  const types: string[] = [];
  for await (const chunk of response.body ?? []) {
    for (const record of decoder.push(chunk)) {
      const event = parseSchedulerEvent(parseJson(Buffer.from(record).toString()));
      types.push(event.type);
      if (event.type === "SUBSCRIBED") frameworkId = event.subscribed.framework_id;
      if (event.type === "OFFERS") {
        const offer = event.offers.offers?.[0];
        const resources = parseResources("cpus:1;mem:32");
        const answer = await call({
          type: "ACCEPT",
          framework_id: frameworkId,
          accept: {
            offer_ids: [offer?.id],
            operations: [
              {
                type: "LAUNCH",
                launch: {
                  task_infos: [
                    {
                      name: "t",
                      task_id: { value: "t1" },
                      agent_id: offer?.agent_id,
                      resources,
                      command: { value: "true" },
                    },
                  ],
                },
              },
            ],
          },
        });
        expect(answer.status).toBe(202);
      }
      if (event.type === "UPDATE") {
        expect(event.update.status.state).toBe("TASK_RUNNING");
        await call({
          type: "ACKNOWLEDGE",
          framework_id: frameworkId,
          acknowledge: {
            agent_id: event.update.status.agent_id,
            task_id: event.update.status.task_id,
            uuid: event.update.status.uuid,
          },
        });
        for (const agent of master.state?.agents.values() ?? []) agent.ledger.check();
        await call({ type: "TEARDOWN", framework_id: frameworkId });
      }
    }
  }
  expect(types).toEqual(expect.arrayContaining(["SUBSCRIBED", "HEARTBEAT", "OFFERS", "UPDATE"]));
  await expect
    .poll(() => seen.map(({ type }) => type))
    .toEqual(["REGISTERED", "RUN_TASK", "STATUS_ACKNOWLEDGE", "SHUTDOWN_FRAMEWORK"]);
});
