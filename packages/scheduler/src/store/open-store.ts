// Chooses the store by -storage_type and -storage_servers.
import type { Logger } from "@cke/foundation";
import { MemoryStore } from "./memory-store.ts";
import { type Store, StoreError } from "./store.ts";

export interface StoreOptions {
  /** -storage_type: empty, sqlite, etcd or zookeeper. */
  readonly type: string;
  /** -storage_servers. */
  readonly servers: string | undefined;
}

/** An open store. Throws StoreErrors that name the flag and say what to do. */
export async function openStore(options: StoreOptions, logger: Logger): Promise<Store> {
  const { type, servers } = options;
  switch (type) {
    case "empty":
      logger.warning("storage_type is empty: state is kept in memory only, a restart forgets every cluster");
      return new MemoryStore();
    case "sqlite": {
      if (servers === undefined || servers === "") {
        throw new StoreError("store_unsupported", "-storage_type sqlite needs -storage_servers <path of the file>");
      }
      const { SqliteStore } = await import("./sqlite-store.ts");
      return SqliteStore.open(servers, logger);
    }
    default:
      throw new StoreError(
        "store_unsupported",
        `-storage_type ${type} is not in this build yet: use sqlite (survives restarts) or empty (memory)`,
      );
  }
}
