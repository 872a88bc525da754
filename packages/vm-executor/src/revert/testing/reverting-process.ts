// An executor as far as going back is concerned; it is killed at one of its steps. Arguments: what to do (revert or finish), the journal, the
// number of the step, the snapshot, and the disks. It says each step; a last line without a step says that it came to the end.
import { systemClock } from "@cke/foundation";
import { QemuImg } from "../../qemu-img/qemu-img.ts";
import { finishRevert, revertDisks } from "../disk-revert.ts";

const [what, journal = "", killAt, snapshot = "", ...disks] = process.argv.slice(2);
let step = 0;
const parts = {
  qemuImg: new QemuImg(),
  journal,
  clock: systemClock,
  signal: new AbortController().signal,
  onStep: () => {
    step += 1;
    if (step === Number(killAt)) process.kill(process.pid, "SIGKILL");
  },
};
if (what === "revert") await revertDisks(disks, snapshot, parts);
else await finishRevert(parts);
process.stdout.write(`done in ${step}\n`);
