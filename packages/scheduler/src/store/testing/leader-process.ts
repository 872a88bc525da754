// A process that uses a storage as a scheduler does, for tests that kill or stop it. It campaigns, then counts up in
// the store as fast as it can, and writes to stdout: `led`, `acked <n>`, `refused <code>`. Argument: StorageOptions as
// JSON.
import { silentLogger } from "@cke/foundation";
import { openStorage } from "../storage/open-storage.ts";
import { StoreError } from "../store.ts";

const storage = await openStorage(JSON.parse(process.argv[2] ?? "{}"), silentLogger);
const never = new AbortController().signal;
const term = await storage.election.campaign({ id: `process-${process.pid}`, url: "http://127.0.0.1:1" }, never);
console.log("led");
for (let count = 1; ; count += 1) {
  try {
    await term.store.commit([
      { op: "put", key: "owner", value: process.pid },
      { op: "put", key: "count", value: count },
    ]);
    console.log(`acked ${count}`);
  } catch (error) {
    console.log(`refused ${error instanceof StoreError ? error.code : String(error)} holds ${term.holds()}`);
    process.exit(3);
  }
}
