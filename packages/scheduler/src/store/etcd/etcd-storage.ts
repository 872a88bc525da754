// Storage in etcd.
import { type Clock, type Logger, systemClock } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { openSharedStorage } from "../shared/shared-storage.ts";
import type { EtcdSettings } from "../storage-settings.ts";
import { EtcdClient } from "./etcd-client.ts";
import { EtcdSeats } from "./etcd-seats.ts";

/** Opens it; `store_refused`, `store_format` and `store_corrupt` say what to do. */
export async function openEtcdStorage(
  settings: EtcdSettings,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<Storage> {
  const { servers, prefix, ttlSeconds, tls, auth } = settings;
  const ttlMs = ttlSeconds * 1_000;
  // A lease must outlive one server that does not answer and still be renewed at the next one.
  const timeoutMs = Math.min(3_000, ttlMs / 4);
  const client = new EtcdClient({
    servers,
    timeoutMs,
    ...(tls === undefined ? {} : { tls }),
    ...(auth === undefined ? {} : { auth }),
  });
  const keeper = new EtcdSeats({ client, prefix, ttlSeconds, clock });
  return openSharedStorage({ keeper, clock, logger, where: `${client.where} below ${prefix}`, ttlMs });
}
