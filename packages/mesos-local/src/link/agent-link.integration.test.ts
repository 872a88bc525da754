import { silentLogger, systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import { Master } from "../master/master.ts";
import { parseResources } from "../resources/parse.ts";
import { AgentLink, type MasterMessage } from "./index.ts";

test("a link finds its master again, keeps the agent's id and what was not sent", async () => {
  const first = new Master({ host: "127.0.0.1", port: 0 });
  const address = await first.start();
  const messages: MasterMessage[] = [];
  const disconnections: string[] = [];
  let agentId: string | undefined;
  const link = new AgentLink({
    master: () => address,
    register: () => ({
      type: "REGISTER",
      ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
      hostname: "h",
      ip: "127.0.0.1",
      port: 5051,
      resources: [...parseResources("cpus:1;mem:64")],
      attributes: [],
      frameworks: [],
      version: "1.12.0",
    }),
    onMessage: (message) => {
      messages.push(message);
      if (message.type === "REGISTERED") agentId = message.agent_id.value;
    },
    onDisconnected: (reason) => disconnections.push(reason),
    clock: systemClock,
    logger: silentLogger,
    backoff: { baseMs: 10, maxMs: 50 },
  });
  link.start();
  await expect.poll(() => link.connected).toBe(true);
  await first.stop();
  await expect.poll(() => link.connected).toBe(false);
  link.send({ type: "PONG" });
  const second = new Master({ host: "127.0.0.1", port: Number(address.split(":")[1]) });
  await second.start();
  await expect.poll(() => link.connected).toBe(true);
  expect([...(second.state?.agents.keys() ?? [])]).toEqual([agentId]);
  expect(messages.map(({ type }) => type)).toEqual(["REGISTERED", "REGISTERED"]);
  expect(disconnections).toHaveLength(1);
  await link.stop({ unregister: true });
  expect(second.state?.agents.size).toBe(0);
  expect(second.state?.removedAgents.has(agentId ?? "")).toBe(true);
  await second.stop();
});
