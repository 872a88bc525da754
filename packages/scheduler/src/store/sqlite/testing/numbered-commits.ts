// Commits whose content follows from their number, so that the state after the first n of them is known.
import type { StoreOperation } from "../../store.ts";

const keys = 23;

/** A text of one byte up to some pages, the same for the same number. */
const padding = (number: number) => "x".repeat(1 + ((number * 7_919) % 30_000));

/** Every commit writes its number and one of a few keys; every fifth one deletes a key. */
export function operationsOf(number: number): readonly StoreOperation[] {
  const key = `data/${number % keys}`;
  const taken = `data/${(number * 3) % keys}`;
  return [
    { op: "put", key: "count", value: number },
    ...(number % 5 === 0 && taken !== key ? [{ op: "delete" as const, key: taken }] : []),
    { op: "put", key, value: { number, padding: padding(number) } },
  ];
}

/** What the store holds after the commits 1 to `last`. */
export function stateAfter(last: number): ReadonlyMap<string, unknown> {
  const state = new Map<string, unknown>();
  for (let number = 1; number <= last; number += 1)
    for (const operation of operationsOf(number)) {
      if (operation.op === "put") state.set(operation.key, operation.value);
      else state.delete(operation.key);
    }
  return state;
}
