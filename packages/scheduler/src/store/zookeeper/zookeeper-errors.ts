// The words of a store for what ZooKeeper does not answer, or refuses to a user. What it refuses for another reason is
// understood by whoever asked.
import { messageOf } from "@cke/foundation";
import { ZooKeeperDenied, ZooKeeperUnreachable } from "@cke/zookeeper";
import { StoreError } from "../store.ts";

/** A StoreError for an error that says nothing about a node; every other error as it is. */
export function storeErrorOf(error: unknown): unknown {
  if (error instanceof ZooKeeperUnreachable)
    return new StoreError("store_unavailable", messageOf(error), { cause: error });
  if (!(error instanceof ZooKeeperDenied)) return error;
  const message = `${messageOf(error)}: the path belongs to another user; look at -storage_user and -storage_password_file`;
  return new StoreError("store_refused", message, { cause: error });
}

/** Waits for an answer of ZooKeeper; fails with StoreErrors. */
export async function asStore<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw storeErrorOf(error);
  }
}
