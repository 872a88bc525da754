// Chooses the storage by -storage_type and the flags that go with it.
import type { Logger } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { MemoryStore } from "../memory-store.ts";
import { soleStorage } from "../sole-storage.ts";
import type { StartedThread } from "../sqlite/thread-opening.ts";
import { checkStorageFlags, etcdSettings, type StorageOptions, zooKeeperSettings } from "../storage-settings.ts";
import { StoreError } from "../store.ts";

export type { StorageOptions };

/** The properties of a -storage_type, known before the storage is opened. */
export function storageTraits(type: string): Pick<Storage, "durable" | "shared"> & { readonly type: string } {
  return { type, durable: type !== "empty", shared: type === "etcd" || type === "zookeeper" };
}

/** What a storage starts before it is opened. It has touched no file and no server. */
export interface StorageStart {
  readonly sqliteThread?: StartedThread;
  /** Ends what was started, if `openStorage` was not given it. */
  end(): Promise<void>;
}

/** Starts what takes its time, so that it comes up while the scheduler reads its configuration. */
export async function startStorage(type: string): Promise<StorageStart> {
  if (type !== "sqlite") return { end: async () => {} };
  const { startThread } = await import("../sqlite/thread-opening.ts");
  const sqliteThread = startThread();
  return { sqliteThread, end: async () => void (await sqliteThread.worker.terminate()) };
}

/**
 * Opens the storage, with what `startStorage` has started, if it was asked. Throws StoreErrors that name the flag and say what to
 * do.
 */
export async function openStorage(options: StorageOptions, logger: Logger, start?: StorageStart): Promise<Storage> {
  const { type, servers } = options;
  checkStorageFlags(options);
  switch (type) {
    case "empty":
      logger.warning("storage_type is empty: state is kept in memory only, a restart forgets every cluster");
      return soleStorage(new MemoryStore(), false);
    case "sqlite": {
      const { SqliteStore } = await import("../sqlite/sqlite-store.ts");
      return soleStorage(await SqliteStore.open(servers ?? "", logger, start?.sqliteThread), true);
    }
    case "etcd": {
      const { openEtcdStorage } = await import("../etcd/etcd-storage.ts");
      return openEtcdStorage(await etcdSettings(options), logger);
    }
    case "zookeeper": {
      const { openZooKeeperStorage } = await import("../zookeeper/zookeeper-storage.ts");
      return openZooKeeperStorage(await zooKeeperSettings(options), logger);
    }
    default:
      throw new StoreError("store_unsupported", `-storage_type ${type}: give empty, sqlite, etcd or zookeeper`);
  }
}
