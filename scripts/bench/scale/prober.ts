// Latencies of GET requests as a client sees them, from a process of its own so that nothing else delays the clock:
// `node prober.ts <url> <seconds> <perSecond>` prints one line of JSON. One request at a time on a kept-alive connection.
import { Agent, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { clusterName } from "./bodies.ts";

const [url = "", seconds = "10", perSecond = "50", clusters = "1000"] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function timed(path: string): Promise<number> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { agent }, (response) => {
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

const single: number[] = [];
const list: number[] = [];
const end = performance.now() + Number(seconds) * 1_000;
for (let index = 0; performance.now() < end; index += 1) {
  single.push(await timed(`/k8s/v1/clusters/${clusterName((index * 37) % Number(clusters))}`));
  if (index % Number(perSecond) === 0) list.push(await timed("/k8s/v1/clusters"));
  await delay(1_000 / Number(perSecond));
}
console.log(
  JSON.stringify({
    requests: single.length,
    p50: percentile(single, 0.5),
    p99: percentile(single, 0.99),
    list: percentile(list, 0.5),
    listWorst: percentile(list, 0.99),
  }),
);
agent.destroy();
