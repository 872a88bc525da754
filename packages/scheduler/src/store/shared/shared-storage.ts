// A storage that several schedulers share, made of what its kind offers: election, health, and a check at the opening.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Storage } from "../election.ts";
import { isStoreAway } from "../store.ts";
import type { SeatKeeper } from "./backend.ts";
import { parseHead } from "./head.ts";
import { SharedElection } from "./shared-election.ts";

export interface SharedStorageOptions {
  readonly keeper: SeatKeeper;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
  readonly ttlMs: number;
}

const openingTries = 3;

/**
 * Opens it. A store that this program cannot read, or may not, is refused; one that does not answer is waited for later,
 * so that a scheduler may be started before its storage.
 */
export async function openSharedStorage(options: SharedStorageOptions): Promise<Storage> {
  const { keeper, clock, logger, where } = options;
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        parseHead(where, await keeper.head());
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
    await keeper.close();
    throw error;
  }
  const election = new SharedElection(options);
  election.start();
  return {
    election,
    durable: true,
    shared: true,
    healthy: () =>
      keeper.head().then(
        () => true,
        () => false,
      ),
    close: async () => {
      await election.close();
      await keeper.close();
    },
  };
}
