// A process that takes a lock, says so, and holds it until it is killed. Arguments: the path.
import { HostLock } from "../host-lock.ts";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("which path?");
await HostLock.acquire(path, { signal: new AbortController().signal });
process.stdout.write("held\n");
setInterval(() => {}, 60_000);
