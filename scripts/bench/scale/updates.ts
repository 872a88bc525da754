// Measures status updates per second through the framework, the store and ACKNOWLEDGE, in a process of its own. Events
// arrive as the text of a master's stream; calls are counted. `node updates.ts <storage type> <directory or URL>
// <clusters> <seconds>` prints one line of JSON. The work of the master and of the HTTP client is left out; the
// measurement "end to end" includes both.
import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { silentLogger, systemClock } from "@cke/foundation";
import { newUuid, type Offer, parseJson, parseSchedulerEvent, type TaskInfo, type TaskStatus } from "@cke/mesos";
import { parseResources } from "@cke/mesos-local";
import type { ConnectionHooks } from "@cke/scheduler/framework/interfaces/dependencies";
import { testClusters } from "@cke/scheduler/framework/testing/test-scheduler";
import { loadConfigurations } from "@cke/scheduler/kubernetes/configuration/configuration-directory";
import { openStorage } from "@cke/scheduler/store/storage/open-storage";
import { clusterBody, clusterName, healthyReport } from "./bodies.ts";

const [type = "empty", servers = "", clusterCount = "250", seconds = "5"] = process.argv.slice(2);
const storage = await openStorage({ type, servers: servers === "" ? undefined : servers }, silentLogger);
const { store } = await storage.election.campaign({ id: randomUUID(), url: "" }, new AbortController().signal);
const role = "cke";
let state = 42;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const tasks: TaskInfo[] = [];
let hooks: ConnectionHooks | undefined;
let acknowledged = 0;

const service = testClusters({
  options: {
    name: "bench",
    user: "root",
    roles: [role],
    failoverSeconds: 86_000,
    partitionGraceSeconds: 600,
    executor: "cke-k8s-exec",
    executorUrl: "http://127.0.0.1:8512",
    cfsQuota: false,
    imagePath: "",
    logLevel: "warning",
    configurations: await loadConfigurations("default_cfg"),
  },
  store,
  pki: {
    authorities: () => Promise.reject(new Error("no secrets in this measurement")),
    nodeSecrets: () => Promise.resolve({}),
    deleteOperations: () => Promise.resolve([]),
    deleteNodeOperations: () => Promise.resolve([]),
    sweep: () => Promise.resolve(),
  },
  connect: (given) => {
    hooks = given;
    return {
      start: () => undefined,
      stop: () => Promise.resolve(),
      call: (call) => {
        if (call.type === "ACKNOWLEDGE") acknowledged += 1;
        if (call.type === "ACCEPT")
          for (const operation of call.accept.operations ?? [])
            if (operation.type === "LAUNCH") tasks.push(...(operation.launch?.task_infos ?? []));
        return Promise.resolve({ kind: "accepted", status: 202 });
      },
    };
  },
  clock: systemClock,
  logger: silentLogger,
});

async function send(event: unknown): Promise<void> {
  // Like the connection, it parses and checks the event's text.
  const parsed = parseSchedulerEvent(parseJson(JSON.stringify(event)));
  if (parsed.type === "HEARTBEAT" || parsed.type === "ERROR") return;
  await hooks?.handler(parsed);
}

const statusOf = (task: TaskInfo, round: number): TaskStatus => ({
  task_id: task.task_id,
  state: "TASK_RUNNING",
  source: "SOURCE_EXECUTOR",
  agent_id: task.agent_id,
  healthy: true,
  timestamp: Date.now() / 1000,
  uuid: newUuid(),
  ...healthyReport(task, round),
});

async function settled(count: number): Promise<void> {
  while (acknowledged < count) await turn();
}

// Networks of the clusters are known from an old host report. Otherwise one node of each cluster would be launched
// first. One report names at most 256 networks.
for (let from = 0; from < Number(clusterCount); from += 200) {
  const networks = Array.from({ length: 200 }, (_, index) => ({
    name: `net-${from + index}`,
    driver: "bridge",
    scope: "local",
    ranges: [],
  }));
  const value = { hostname: `known-${from}`, atMs: Date.now() - 3_600_000, networks, images: [] };
  await store.commit([{ op: "put", key: `agents/known-${from}`, value }]);
}
await service.start();
await send({ type: "SUBSCRIBED", subscribed: { framework_id: { value: "F-1" } } });
const count = Number(clusterCount);
for (let index = 0; index < count; index += 1) await service.create(clusterBody(index));
const offers = Array.from(
  { length: count },
  (_, index): Offer => ({
    id: { value: `O-${index}` },
    framework_id: { value: "F-1" },
    agent_id: { value: `S-${index}` },
    hostname: `agent-${index}`,
    allocation_info: { role },
    resources: parseResources("cpus:64;mem:262144;ports:[31000-35000]").map((resource) => ({
      ...resource,
      allocation_info: { role },
    })),
  }),
);
await send({ type: "OFFERS", offers: { offers } });
while (service.get(clusterName(count - 1)).nodes.some(({ status }) => status === "init")) await turn();
// Texts are made beforehand, because executors and master make them in reality.
let sent = 0;
/**
 * Tasks in random order. This is the worst case: two updates of one node share a commit only when they arrive close
 * together.
 */
function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}

const round = async (number: number) => {
  const texts = shuffled(tasks).map((task) =>
    JSON.stringify({ type: "UPDATE", update: { status: statusOf(task, number) } }),
  );
  const from = performance.now();
  for (const text of texts) {
    const event = parseSchedulerEvent(parseJson(text));
    if (event.type === "UPDATE") await hooks?.handler(event);
    sent += 1;
    if (sent % 64 === 0) await turn();
  }
  await settled(sent);
  return performance.now() - from;
};
await round(0);
let spentMs = 0;
let updates = 0;
const cpuFrom = process.cpuUsage();
for (let number = 1; spentMs < Number(seconds) * 1_000; number += 1) {
  spentMs += await round(number);
  updates += tasks.length;
}
const { user, system } = process.cpuUsage(cpuFrom);
const record = await store.get(`units/${clusterName(0)}/master`);
console.log(
  JSON.stringify({
    tasks: tasks.length,
    updates,
    perSecond: Math.round((updates * 1_000) / spentMs),
    /** Microseconds of processor time, including making the events' texts. */
    cpuPerUpdate: Math.round((user + system) / updates),
    recordBytes: JSON.stringify(record?.value ?? null).length,
  }),
);
await service.stop();
await storage.close();
process.exit(0);
