// Named values of libvirt (typed parameters) from a daemon and for it.
import type { ParamType, TypedParam } from "../../wire/typed-param.ts";

/** The values that are there, in their order. */
export const namedValues = (
  ...values: readonly (readonly [field: string, type: ParamType, value: TypedParam["value"] | undefined])[]
): TypedParam[] => values.flatMap(([field, type, value]) => (value === undefined ? [] : [{ field, type, value }]));

/** Undefined for a value that is not there or of another type. */
export class NamedValues {
  readonly #values: ReadonlyMap<string, TypedParam["value"]>;

  constructor(params: readonly TypedParam[]) {
    this.#values = new Map(params.map(({ field, value }) => [field, value]));
  }

  number(field: string): number | undefined {
    const value = this.#values.get(field);
    return typeof value === "number" ? value : undefined;
  }

  text(field: string): string | undefined {
    const value = this.#values.get(field);
    return typeof value === "string" ? value : undefined;
  }

  truth(field: string): boolean | undefined {
    const value = this.#values.get(field);
    return typeof value === "boolean" ? value : undefined;
  }
}
