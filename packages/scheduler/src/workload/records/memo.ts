// What follows from a record is kept at the record itself, out of sight: spreads, JSON and comparisons do not see it. A
// WeakMap would do the same, but with an entry for each of 32,000 tasks it alone stopped a collection of garbage for 32 ms.

/** Gives the target in place of a new object: private fields of a subclass are then added to the target. */
class OnTarget {
  constructor(target: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what puts a private field on an object made elsewhere
    return target;
  }
}

/** `make` as a function that is computed once for each object, which must never change. A copy is another object. */
export function memo<T extends object, V>(make: (target: T) => V): (target: T) => V {
  class Kept extends OnTarget {
    readonly #value: V;

    constructor(target: T, value: V) {
      super(target);
      this.#value = value;
    }

    static of(target: T): V {
      if (#value in target) return target.#value;
      const value = make(target);
      new Kept(target, value);
      return value;
    }
  }
  return Kept.of;
}
