// libvirt's named values, each with one of seven types. The daemon takes a value of its own type only.

export type ParamType = "int" | "uint" | "hyper" | "uhyper" | "double" | "boolean" | "string";

export interface TypedParam {
  readonly field: string;
  readonly type: ParamType;
  readonly value: number | boolean | string;
}

/** virTypedParameterType. */
export const typeNumbers: Readonly<Record<ParamType, number>> = {
  int: 1,
  uint: 2,
  hyper: 3,
  uhyper: 4,
  double: 5,
  boolean: 6,
  string: 7,
};

export const typeNames: ReadonlyMap<number, ParamType> = new Map([
  [1, "int"],
  [2, "uint"],
  [3, "hyper"],
  [4, "uhyper"],
  [5, "double"],
  [6, "boolean"],
  [7, "string"],
]);
