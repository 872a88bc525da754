import { expect, test } from "vitest";
import { moduleFunction } from "./program-assets.ts";

test("a part becomes a function of a CommonJS module, without the line for shells", () => {
  const made: unknown = new Function(`return ${moduleFunction("#!/usr/bin/env node\nexports.sum = 1 + 1;")}`)();
  if (typeof made !== "function") throw new Error("no function");
  const module = { exports: {} };
  made(module.exports, undefined, module, "/program", "/");
  expect(module.exports).toEqual({ sum: 2 });
});

test("a character that is not ASCII is refused", () => {
  expect(() => moduleFunction('exports.word = "für";')).toThrow('the character "ü"');
});
