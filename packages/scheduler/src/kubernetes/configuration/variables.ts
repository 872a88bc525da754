// `$NAME` and `${NAME}` in the texts of a configuration. `$$` is a dollar; a `$` before anything else stays as it is.
// An unbraced name is the longest known name that the text begins with, so `$NODE_IP0` is NODE_IP and "0".

export class VariableError extends Error {
  readonly variable: string;

  constructor(variable: string, message: string) {
    super(message);
    this.name = "VariableError";
    this.variable = variable;
  }
}

const reference = /\$(?:(\$)|\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;
const nameShape = /^[A-Za-z_][A-Za-z0-9_]*$/;

function longestKnown(run: string, known: ReadonlySet<string> | ReadonlyMap<string, string>): string | undefined {
  for (let length = run.length; length > 0; length -= 1) {
    const name = run.slice(0, length);
    if (known.has(name)) return name;
  }
  return undefined;
}

/** Replaces every reference by its value. Throws VariableError for an unknown name. */
function replace(text: string, known: ReadonlyMap<string, string>, lookup: (name: string) => string): string {
  if (!text.includes("$")) return text;
  return text.replace(reference, (whole: string, dollar?: string, braced?: string, run?: string) => {
    if (dollar !== undefined) return "$";
    if (braced !== undefined) {
      if (!nameShape.test(braced)) return whole;
      if (!known.has(braced)) throw new VariableError(braced, `unknown variable \${${braced}}`);
      return lookup(braced);
    }
    const name = longestKnown(run ?? "", known);
    if (name === undefined) throw new VariableError(run ?? "", `unknown variable $${run ?? ""}; write $$ for a dollar`);
    return lookup(name) + (run ?? "").slice(name.length);
  });
}

/** Variables whose values may refer to each other. */
export class VariableScope {
  readonly #raw: ReadonlyMap<string, string>;
  readonly #resolved = new Map<string, string>();

  /** Later layers win. Values of `computed` are final: a `$` in them is a dollar. */
  constructor(layers: readonly Readonly<Record<string, string>>[], computed: Readonly<Record<string, string>>) {
    const raw = new Map<string, string>();
    for (const layer of layers) for (const [name, value] of Object.entries(layer)) raw.set(name, value);
    for (const [name, value] of Object.entries(computed)) {
      raw.set(name, value);
      this.#resolved.set(name, value);
    }
    this.#raw = raw;
  }

  /** The text with every reference replaced. Throws VariableError for unknown names and for cycles. */
  expand(text: string): string {
    return replace(text, this.#raw, (name) => this.#resolve(name, []));
  }

  /** The value of a variable, or undefined when there is none of this name. */
  get(name: string): string | undefined {
    return this.#raw.has(name) ? this.#resolve(name, []) : undefined;
  }

  #resolve(name: string, path: readonly string[]): string {
    const done = this.#resolved.get(name);
    if (done !== undefined) return done;
    if (path.includes(name)) {
      throw new VariableError(name, `variables name each other in a circle: ${[...path, name].join(" → ")}`);
    }
    const value = replace(this.#raw.get(name) ?? "", this.#raw, (inner) => this.#resolve(inner, [...path, name]));
    this.#resolved.set(name, value);
    return value;
  }
}
