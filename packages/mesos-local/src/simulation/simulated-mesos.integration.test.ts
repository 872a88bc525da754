// The real scheduler connection over HTTP against simulated agents: offers, launches, updates, kills.
import { silentLogger, systemClock } from "@cke/foundation";
import {
  type HandledSchedulerEvent,
  type Offer,
  parseMasterAddress,
  SchedulerConnection,
  type TaskInfo,
  type TaskStatus,
} from "@cke/mesos";
import { masterDetector } from "@cke/mesos/master-detection";
import { afterEach, expect, test } from "vitest";
import { parseResources } from "../resources/parse.ts";
import { type SimulatedMesos, startSimulatedMesos } from "./simulated-mesos.ts";

let mesos: SimulatedMesos | undefined;
let connection: SchedulerConnection | undefined;

afterEach(async () => {
  await connection?.stop();
  await mesos?.stop();
});

const taskOf = (offer: Offer, id: string): TaskInfo => ({
  name: id,
  task_id: { value: id },
  agent_id: offer.agent_id,
  resources: parseResources("cpus:1;mem:64"),
  executor: {
    type: "CUSTOM",
    executor_id: { value: `executor-${id}` },
    command: { value: "true" },
    resources: parseResources("cpus:0.1;mem:32"),
  },
});

test("300 agents take 600 tasks over HTTP and end them", async () => {
  mesos = await startSimulatedMesos({ agents: 300 });
  const { masterAddress, agents, state } = mesos;
  const running = new Set<string>();
  const ended = new Set<string>();
  let launched = 0;
  const receive = async (event: HandledSchedulerEvent) => {
    if (event.type === "OFFERS") for (const offer of event.offers.offers ?? []) await take(offer);
    if (event.type === "UPDATE") await note(event.update.status);
  };
  const take = async (offer: Offer) => {
    if (launched === 600) return;
    const tasks = [taskOf(offer, `t${launched}`), taskOf(offer, `t${launched + 1}`)];
    launched += 2;
    await connection?.call({
      type: "ACCEPT",
      accept: { offer_ids: [offer.id], operations: [{ type: "LAUNCH", launch: { task_infos: tasks } }] },
    });
  };
  const note = async ({ task_id, agent_id, uuid, state: next, healthy }: TaskStatus) => {
    if (next === "TASK_RUNNING" && healthy === true) running.add(task_id.value);
    if (next === "TASK_KILLED") ended.add(task_id.value);
    if (uuid === undefined || agent_id === undefined) return;
    await connection?.call({ type: "ACKNOWLEDGE", acknowledge: { agent_id, task_id, uuid } });
    if (next === "TASK_RUNNING") await connection?.call({ type: "KILL", kill: { task_id, agent_id } });
  };
  connection = new SchedulerConnection({
    detector: masterDetector(parseMasterAddress(masterAddress), {
      clock: systemClock,
      logger: silentLogger,
      secure: false,
    }),
    subscribe: () => ({ framework_info: { user: "root", name: "many", checkpoint: true, failover_timeout: 60 } }),
    handler: receive,
    clock: systemClock,
    logger: silentLogger,
  });
  connection.start();
  await expect.poll(() => ended.size, { timeout: 120_000 }).toBe(600);
  expect(running.size).toBe(600);
  // Every executor has ended with its task, and every agent has all of its resources back.
  await expect.poll(() => agents.flatMap((agent) => agent.runs()).length, { timeout: 120_000 }).toBe(0);
  for (const { ledger } of state.agents.values()) ledger.check();
  expect([...state.agents.values()].filter(({ executors }) => executors.size > 0)).toEqual([]);
});
