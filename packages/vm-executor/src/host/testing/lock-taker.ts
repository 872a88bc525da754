// A process that takes the lock of a VM's directory, says so, and keeps it until it is killed. Arguments: the directory, an executor's id.
import { systemClock } from "@cke/foundation";
import { OwnerLock } from "../owner-lock.ts";

const [directory, executorId] = process.argv.slice(2);
if (directory === undefined || executorId === undefined) throw new Error("which directory, and for whom?");
const signal = new AbortController().signal;
const lock = await OwnerLock.take({ directory, executorId, clock: systemClock }, 0, () => {}, signal);
process.stdout.write(lock.held ? "held\n" : "lost\n");
setInterval(() => {}, 60_000);
