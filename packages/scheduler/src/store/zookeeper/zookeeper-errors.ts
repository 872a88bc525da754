// Turns errors of ZooKeeper that concern no single node (no answer, no right) into StoreErrors. A refusal that concerns
// a node stays as it is: the caller knows its meaning.
import { messageOf } from "@cke/foundation";
import { ZooKeeperDenied, ZooKeeperUnreachable } from "@cke/zookeeper";
import { StoreError } from "../store.ts";

/** A StoreError for an error that concerns no single node; any other error unchanged. */
export function storeErrorOf(error: unknown): unknown {
  if (error instanceof ZooKeeperUnreachable)
    return new StoreError("store_unavailable", messageOf(error), { cause: error });
  if (!(error instanceof ZooKeeperDenied)) return error;
  const message = `${messageOf(error)}: the path belongs to another user; look at -storage_user and -storage_password_file`;
  return new StoreError("store_refused", message, { cause: error });
}

/** Waits for an answer of ZooKeeper. Its errors become StoreErrors. */
export async function asStore<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw storeErrorOf(error);
  }
}
