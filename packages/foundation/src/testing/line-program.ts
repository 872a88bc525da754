// Writes lines to stderr: `node line-program.ts <lines> <end>`, end: flush, exit or throw. Says "written" on stdout when every
// line was handed over, then ends; a program that the reader of stderr holds up would not come so far.
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { LineWriter } from "../line-writer.ts";

const [count = "0", end = "flush"] = process.argv.slice(2);
const writer = new LineWriter(2);
for (let index = 0; index < Number(count); index += 1) {
  writer.write(`${index} ${"x".repeat(200)}\n`);
  if (index % 100 === 0) await delay(1);
}
writeSync(1, "written\n");
if (end === "throw") throw new Error("the end");
if (end === "exit") process.exit(3);
await writer.flush();
process.exit(0);
