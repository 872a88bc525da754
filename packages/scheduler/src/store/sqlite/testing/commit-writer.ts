// A process that commits to a sqlite store, several commits at a time. It writes to the file `acks` beside the store, one line
// each, how many commits it has found and the number of each that was acknowledged; to the file `refused` the number and the
// error code of each that was not. Arguments: the directory, how many commits. Commits follow from their number alone, so that
// whoever finds a store knows what must be in it.
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
