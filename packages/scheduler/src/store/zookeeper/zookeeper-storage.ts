// Storage in ZooKeeper.
import { type Clock, type Logger, systemClock } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { openSharedStorage } from "../shared/shared-storage.ts";
import type { ZooKeeperSettings } from "../storage-settings.ts";
import { pathsBelow } from "./zookeeper-paths.ts";
import { ZooKeeperSeats } from "./zookeeper-seats.ts";

/** Opens it; `store_refused`, `store_format` and `store_corrupt` say what to do. */
export async function openZooKeeperStorage(
  settings: ZooKeeperSettings,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<Storage> {
  const { servers, chroot, ttlSeconds, auth } = settings;
  const ttlMs = ttlSeconds * 1_000;
  const session = {
    servers,
    sessionMs: ttlMs,
    // A session must outlive one server that does not answer and still be renewed at the next one.
    timeoutMs: Math.min(3_000, ttlMs / 4),
    ...(auth === undefined ? {} : { auth }),
  };
  const keeper = new ZooKeeperSeats({ session, paths: pathsBelow(chroot), clock });
  return openSharedStorage({ keeper, clock, logger, where: `ZooKeeper ${servers.join(",")}${chroot}`, ttlMs });
}
