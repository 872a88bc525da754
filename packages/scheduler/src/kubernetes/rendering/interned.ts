// Keeps equal values once, because thousands of nodes have only a few different outlines.

interface Shared<T> {
  readonly value: T;
  uses: number;
}

/** Values with the same JSON are equal. */
export class Interned<T extends object> {
  readonly #byText = new Map<string, Shared<T>>();
  readonly #texts = new WeakMap<T, string>();

  get size(): number {
    return this.#byText.size;
  }

  /** The one value that is equal to this one. */
  take(value: T): T {
    const text = JSON.stringify(value);
    const known = this.#byText.get(text);
    if (known !== undefined) {
      known.uses += 1;
      return known.value;
    }
    this.#byText.set(text, { value, uses: 1 });
    this.#texts.set(value, text);
    return value;
  }

  /** Call it once for every `take`. After the last call the value is forgotten. */
  release(value: T): void {
    const text = this.#texts.get(value);
    const known = text === undefined ? undefined : this.#byText.get(text);
    if (text === undefined || known === undefined) return;
    known.uses -= 1;
    if (known.uses === 0) this.#byText.delete(text);
  }
}
