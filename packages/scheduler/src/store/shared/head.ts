// The head of a shared store: one small text that every transaction replaces. A transaction compares the head with the one that it expects,
// so transactions form a chain: the next transaction sees it when one was lost, applied twice or applied late.
import { z } from "zod";
import { currentFormat } from "../migrations/migrations.ts";
import { StoreError } from "../store.ts";

const headSchema = z.object({
  format: z.number().int().positive(),
  /** Revision of the last commit. */
  revision: z.number().int().nonnegative(),
  /** Id of the transaction that wrote this head. No other transaction ever has it. */
  id: z.string().min(1),
  /** Id of the last transaction of the term before. By it a former leader sees whether its last transaction was applied. */
  inherited: z.string().optional(),
  /** Number of journal parts, while a commit is decided and not yet applied in full. */
  journal: z.number().int().positive().optional(),
});

export type Head = z.infer<typeof headSchema>;

const emptyHead: Head = { format: currentFormat, revision: 0, id: "none" };

/** Reads a head; `where` names the storage. Throws `store_format` and `store_corrupt` with what to do. */
export function parseHead(where: string, text: string | undefined): Head {
  if (text === undefined) return emptyHead;
  let head: Head;
  try {
    head = headSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new StoreError(
      "store_corrupt",
      `${where}: the head is not what a cke-scheduler writes: restore the storage from a backup, or choose another place for an empty one`,
      { cause: error },
    );
  }
  if (head.format > currentFormat) {
    throw new StoreError(
      "store_format",
      `${where} was written by a newer cke-scheduler (format ${head.format}, this one knows ${currentFormat}): start that version, or restore a backup made before the upgrade`,
    );
  }
  return head;
}

export function formatHead(head: Head): string {
  return JSON.stringify(head);
}
