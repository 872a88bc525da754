// The migration from format 2 to format 3. Nothing is rewritten: records of format 3 may have plans that move a guest while it runs. A program
// of format 2 reads them, and does damage: it does not know that a guest may be on its new host before the VM belongs to that one, and removes
// it there when the move is given up. So it must refuse the store.
import type { StoreOperation } from "../store.ts";

export function liveMoves(): readonly StoreOperation[] {
  return [];
}
