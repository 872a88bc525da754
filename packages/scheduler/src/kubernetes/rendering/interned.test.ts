import { expect, test } from "vitest";
import { Interned } from "./interned.ts";

test("equal values are one, until the last user lets go", () => {
  const interned = new Interned<{ readonly a: number }>();
  const first = interned.take({ a: 1 });
  expect(interned.take({ a: 1 })).toBe(first);
  expect(interned.take({ a: 2 })).not.toBe(first);
  expect(interned.size).toBe(2);
  interned.release(first);
  expect(interned.take({ a: 1 })).toBe(first);
  interned.release(first);
  interned.release(first);
  interned.release(first);
  expect(interned.size).toBe(1);
});
