// The error for a unit or process that a request names and a workload does not have.
import { CkeError } from "@cke/foundation";

/** 404. `kind`: the word for the part, which is in the code too: "node", "process". The message names the existing ones. */
export class PartNotFoundError extends CkeError {
  constructor(kind: string, owner: string, name: string, known: readonly string[]) {
    const there = known.length === 0 ? "none" : known.join(", ");
    super(`${kind}_not_found`, `${owner} has no ${kind} "${name}"; it has: ${there}`, { status: 404 });
  }
}
