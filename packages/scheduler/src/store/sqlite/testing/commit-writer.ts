// A process that commits to a sqlite store, several commits at a time. It writes one line each to the file `acks`
// beside the store: how many commits it found, and the number of each commit that was acknowledged. It writes the
// number and the error code of each refused commit to the file `refused`. Arguments: the directory, the number of
// commits. The content of a commit follows from its number, so that a test knows what a store must hold.
import { appendFileSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@cke/foundation";
import { StoreError } from "../../store.ts";
import { SqliteStore } from "../sqlite-store.ts";
import { operationsOf } from "./numbered-commits.ts";

const [directory = "", commits = "0"] = process.argv.slice(2);
const inFlight = 6;

const acks = openSync(join(directory, "acks"), "a");
const store = await SqliteStore.open(join(directory, "cke.db"), silentLogger);
const found = Number((await store.get("count"))?.value ?? 0);
writeSync(acks, `${found}\n`);
let next = found + 1;
async function work(): Promise<void> {
  while (next <= found + Number(commits)) {
    const number = next++;
    const committed = store.commit(operationsOf(number));
    try {
      await committed;
      writeSync(acks, `${number}\n`);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      appendFileSync(join(directory, "refused"), `${number} ${error.code}\n`);
    }
  }
}
await Promise.all(Array.from({ length: inFlight }, work));
await store.close();
