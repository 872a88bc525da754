// Exhaustive switches over discriminated unions.

/** Closes a discriminated union: a variant that was forgotten is a type error, and a programming error at run time. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected variant: ${JSON.stringify(value)}`);
}
