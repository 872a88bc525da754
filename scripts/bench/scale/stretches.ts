// Loaded into the measured scheduler (`--require`). It measures how long the main thread does not return to its event
// loop, in processor time, which other programs do not lengthen. Every second it writes a line of JSON to the file in
// CKE_SCALE_STRETCHES: UNIX time and milliseconds, the longest last.
import { appendFileSync } from "node:fs";

const file = process.env.CKE_SCALE_STRETCHES ?? "";
/** Time between two measurements; a stretch is the processor time between them. */
const periodMs = 2;
const used = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

let before = used();
let stretches: number[] = [];
const look = () => {
  const now = used();
  stretches.push(now - before);
  before = now;
};
setInterval(look, periodMs).unref();
setInterval(() => {
  const worst = stretches.sort((left, right) => left - right).slice(-20);
  appendFileSync(file, `${JSON.stringify({ at: Date.now(), looks: stretches.length, worst })}\n`);
  stretches = [];
  before = used();
}, 1_000).unref();
