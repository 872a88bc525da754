// The ledger of one agent: its total resources, and what each holder has of them. Nothing is given twice: `take` refuses what
// is not available.
import { CkeError } from "@cke/foundation";
import { addBags, type Bag, containsBag, subtractBags, sumBags, unallocated } from "./bag.ts";
import { bagText } from "./format.ts";

export class Ledger {
  #total: Bag;
  readonly #held = new Map<string, Bag>();
  #available: Bag | undefined;
  /** True when nothing has changed since the sums were found right. */
  #checked = false;

  constructor(total: Bag) {
    this.#total = addBags(total, []);
  }

  /** The agent's resources, without allocation. */
  get total(): Bag {
    return this.#total;
  }

  /** The resources without a holder, without allocation, in the order of the total. */
  get available(): Bag {
    this.#available ??= subtractBags(this.#total, unallocated(sumBags(this.#held.values())));
    return this.#available;
  }

  /** What a holder has; empty when it holds nothing. */
  held(holder: string): Bag {
    return this.#held.get(holder) ?? [];
  }

  /** Every holder with what it has. */
  holders(): Iterable<readonly [holder: string, bag: Bag]> {
    return this.#held;
  }

  /** Everything held by the holders that the filter accepts. */
  sum(accept: (holder: string) => boolean): Bag {
    return sumBags([...this.#held].filter(([holder]) => accept(holder)).map(([, bag]) => bag));
  }

  /** Gives resources to a holder, on top of what it has. Throws CkeError `over_allocated` when they are not available. */
  take(holder: string, bag: Bag): void {
    if (bag.length === 0) return;
    if (!containsBag(this.available, unallocated(bag))) {
      throw new CkeError("over_allocated", `${bagText(bag)} for ${holder} is more than ${bagText(this.available)}`);
    }
    this.#held.set(holder, addBags(this.held(holder), bag));
    this.#changed();
  }

  /** Takes everything back from a holder. */
  release(holder: string): void {
    if (this.#held.delete(holder)) this.#changed();
  }

  /** Replaces part of the free resources (a reservation, a volume). Throws `over_allocated` when `from` is not free. */
  convert(from: Bag, to: Bag): void {
    if (!containsBag(this.available, unallocated(from))) {
      throw new CkeError("over_allocated", `${bagText(from)} is not free to be converted`);
    }
    this.#total = addBags(subtractBags(this.#total, unallocated(from)), unallocated(to));
    this.#changed();
  }

  /** Begins anew with another total, when the agent registers again and says what it has. */
  reset(total: Bag): void {
    this.#total = addBags(total, []);
    this.#held.clear();
    this.#changed();
  }

  /** Throws when the sums are wrong: total = available + held, for every key. */
  check(): void {
    if (this.#checked) return;
    const held = unallocated(sumBags(this.#held.values()));
    if (!containsBag(this.#total, held)) {
      throw new CkeError("over_allocated", `${bagText(held)} is held of a total of ${bagText(this.#total)}`);
    }
    const sum = addBags(this.available, held);
    if (!containsBag(sum, this.#total) || !containsBag(this.#total, sum)) {
      throw new CkeError("ledger_broken", `${bagText(sum)} is not the total of ${bagText(this.#total)}`);
    }
    this.#checked = true;
  }

  #changed(): void {
    this.#available = undefined;
    this.#checked = false;
  }
}
