// Keeps values that follow from a record at the record itself, invisible for spreads, JSON and comparisons. A WeakMap
// would do the same, but with entries for 32,000 tasks it made garbage collections stop the program for 32 ms.

/** Returns the target in place of a new object, so that private fields of a subclass are added to the target. */
class OnTarget {
  constructor(target: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what puts a private field on an object made elsewhere
    return target;
  }
}

/**
 * `make` as a function that is computed once for each object. The object must never change; a copy is another object.
 */
export function memoize<T extends object, V>(make: (target: T) => V): (target: T) => V {
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
