// Opens the storage in etcd: client, leader's lock and election.
import { type Clock, type Logger, systemClock } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { openSharedStorage } from "../shared/shared-storage.ts";
import type { EtcdSettings } from "../storage-settings.ts";
import { EtcdClient } from "./etcd-client.ts";
import { EtcdLeaderLock } from "./etcd-leader-lock.ts";

/** Opens it; `store_refused`, `store_format` and `store_corrupt` say what to do. */
export async function openEtcdStorage(
  settings: EtcdSettings,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<Storage> {
  const { servers, prefix, ttlSeconds, tls, auth } = settings;
  const ttlMs = ttlSeconds * 1_000;
  // When one server does not answer, the lease must hold until it is renewed at the next server.
  const timeoutMs = Math.min(3_000, ttlMs / 4);
  const client = new EtcdClient({
    servers,
    timeoutMs,
    ...(tls === undefined ? {} : { tls }),
    ...(auth === undefined ? {} : { auth }),
  });
  const lock = new EtcdLeaderLock({ client, prefix, ttlSeconds, clock });
  return openSharedStorage({ lock, clock, logger, where: `${client.where} below ${prefix}`, ttlMs });
}
