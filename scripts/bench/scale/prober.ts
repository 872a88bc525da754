// Latencies of GET requests as a client sees them. It runs in a process of its own, so that nothing else delays its
// clock: `node prober.ts <url> <seconds> <perSecond>` prints one line of JSON. One request at a time on a kept-alive
// connection. After each request it sends the same one to a server that does nothing else (`control.ts`), which shows
// what the machine does to both. It also reports how late its own event loop was, because a starved client sees
// latencies that no other client has.
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { clusterName } from "./bodies.ts";

const [url = "", seconds = "10", perSecond = "50", clusters = "1000"] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function timed(path: string, base = url): Promise<number> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    get(`${base}${path}`, { agent }, (response) => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - from);
        else reject(new Error(`${path}: ${response.statusCode}`));
      });
    }).on("error", reject);
  });
}

const percentile = (values: readonly number[], part: number) =>
  Number(([...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? 0).toFixed(2));

/** The histogram counts whole periods of its timer, so one period is subtracted. */
const periodMs = 2;
const server = fork(join(import.meta.dirname, "control.ts"));
const control = String((await once(server, "message"))[0]);
const idle: number[] = [];
const own = monitorEventLoopDelay({ resolution: periodMs });
const single: number[] = [];
const list: number[] = [];
// The first requests open the connection and warm up both ends.
for (let index = 0; index < 20; index += 1) await timed(`/k8s/v1/clusters/${clusterName(index % Number(clusters))}`);
own.enable();
const end = performance.now() + Number(seconds) * 1_000;
for (let index = 0; performance.now() < end; index += 1) {
  single.push(await timed(`/k8s/v1/clusters/${clusterName((index * 37) % Number(clusters))}`));
  idle.push(await timed("/", control));
  if (index % Number(perSecond) === 0) list.push(await timed("/k8s/v1/clusters"));
  await delay(1_000 / Number(perSecond));
}
own.disable();
const late = (nanoseconds: number) => Number(Math.max(0, nanoseconds / 1e6 - periodMs).toFixed(2));
console.log(
  JSON.stringify({
    requests: single.length,
    p50: percentile(single, 0.5),
    p99: percentile(single, 0.99),
    list: percentile(list, 0.5),
    listWorst: percentile(list, 0.99),
    controlP99: percentile(idle, 0.99),
    ownP99: late(own.percentile(99)),
    ownWorst: late(own.max),
  }),
);
agent.destroy();
server.disconnect();
