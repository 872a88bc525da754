// Chooses the storage by -storage_type and the flags that go with it.
import type { Logger } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { MemoryStore } from "../memory-store.ts";
import { soleStorage } from "../sole-storage.ts";
import { checkStorageFlags, etcdSettings, type StorageOptions, zooKeeperSettings } from "../storage-settings.ts";
import { StoreError } from "../store.ts";

export type { StorageOptions };

/** The properties of a -storage_type, known before the storage is opened. */
export function storageTraits(type: string): Pick<Storage, "durable" | "shared"> & { readonly type: string } {
  return { type, durable: type !== "empty", shared: type === "etcd" || type === "zookeeper" };
}

/** Opens the storage. Throws StoreErrors that name the flag and say what to do. */
export async function openStorage(options: StorageOptions, logger: Logger): Promise<Storage> {
  const { type, servers } = options;
  checkStorageFlags(options);
  switch (type) {
    case "empty":
      logger.warning("storage_type is empty: state is kept in memory only, a restart forgets every cluster");
      return soleStorage(new MemoryStore(), false);
    case "sqlite": {
      const { SqliteStore } = await import("../sqlite/sqlite-store.ts");
      return soleStorage(await SqliteStore.open(servers ?? "", logger), true);
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
