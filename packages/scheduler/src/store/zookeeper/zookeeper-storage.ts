// Opens the storage in ZooKeeper: session, leader's lock and election.
import { type Clock, type Logger, systemClock } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { openSharedStorage } from "../shared/shared-storage.ts";
import type { ZooKeeperSettings } from "../storage-settings.ts";
import { ZooKeeperLeaderLock } from "./zookeeper-leader-lock.ts";
import { pathsBelow } from "./zookeeper-paths.ts";

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
    // When one server does not answer, the session must last until it is renewed at the next server.
    timeoutMs: Math.min(3_000, ttlMs / 4),
    ...(auth === undefined ? {} : { auth }),
  };
  const lock = new ZooKeeperLeaderLock({ session, paths: pathsBelow(chroot), clock, logger });
  return openSharedStorage({ lock, clock, logger, where: `ZooKeeper ${servers.join(",")}${chroot}`, ttlMs });
}
