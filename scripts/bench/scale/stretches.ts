// Loaded into the measured scheduler (`--import`): the longest stretches in which its main thread looked at nothing else, in
// processor time, which other programs on the machine do not lengthen. Every second a line of JSON in the file of
// CKE_SCALE_STRETCHES: UNIX time and milliseconds, the worst ones last.
import { appendFileSync } from "node:fs";

const file = process.env.CKE_SCALE_STRETCHES ?? "";
/** Between two looks; a stretch is what was used between them. */
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
