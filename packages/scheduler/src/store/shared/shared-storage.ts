// A storage that several schedulers share: adds the election, the health check and a check of the format to the leader's lock
// of etcd or ZooKeeper.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { isStoreAway } from "../store.ts";
import type { LeaderLock } from "./backend.ts";
import { parseHead } from "./head.ts";
import { SharedElection } from "./shared-election.ts";

export interface SharedStorageOptions {
  readonly lock: LeaderLock;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
  readonly ttlMs: number;
}

const openingTries = 3;

/**
 * Opens the storage. It rejects when this program cannot read the store or has no right to. A storage that does not answer is
 * no error: the campaign waits for it, so that a scheduler may be started before its storage.
 */
export async function openSharedStorage(options: SharedStorageOptions): Promise<Storage> {
  const { lock, clock, logger, where } = options;
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        parseHead(where, await lock.head());
        break;
      } catch (error) {
        if (!isStoreAway(error)) throw error;
        if (tries === openingTries) {
          logger.warning(
            "the storage does not answer yet; waiting for it (are the addresses in -storage_servers right, and http:// or https://?)",
            { reason: messageOf(error) },
          );
          break;
        }
        await clock.sleep(250);
      }
    }
  } catch (error) {
    await lock.close();
    throw error;
  }
  const election = new SharedElection(options);
  election.start();
  return {
    election,
    durable: true,
    shared: true,
    healthy: () =>
      lock.head().then(
        () => true,
        () => false,
      ),
    close: async () => {
      await election.close();
      await lock.close();
    },
  };
}
