// Writes lines to stderr: `node line-program.ts <lines> <end>`, end: flush, exit or throw. Says on stdout how late its event
// loop was, in milliseconds, while it wrote.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { LineWriter } from "../line-writer.ts";

const [count = "0", end = "flush"] = process.argv.slice(2);
const writer = new LineWriter(2);
await delay(50);
const monitor = monitorEventLoopDelay({ resolution: 5 });
monitor.enable();
for (let index = 0; index < Number(count); index += 1) {
  writer.write(`${index} ${"x".repeat(200)}\n`);
  if (index % 100 === 0) await delay(1);
}
monitor.disable();
process.stdout.write(`${Math.round(monitor.max / 1e6)}\n`);
if (end === "throw") throw new Error("the end");
if (end === "exit") process.exit(3);
await writer.flush();
process.exit(0);
