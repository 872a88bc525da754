import { expect, test } from "vitest";
import { checkOptions, mergeArguments } from "./arguments.ts";

const args = [
  { key: "--a", value: "1", modify: true },
  { key: "--fixed", value: "x", modify: false },
  { key: "serve", modify: false },
];

test.each([
  [[], ["--a=1", "--fixed=x", "serve"]],
  [["--a=2"], ["--a=2", "--fixed=x", "serve"]],
  [["-a 2"], ["-a=2", "--fixed=x", "serve"]],
  [["--a"], ["--a", "--fixed=x", "serve"]],
  [
    ["--a=2", "--a=3"],
    ["--a=2", "--fixed=x", "serve", "--a=3"],
  ],
  [["extra word"], ["--a=1", "--fixed=x", "serve", "extra word"]],
  [["--b==c=d"], ["--a=1", "--fixed=x", "serve", "--b==c=d"]],
])("options %j give %j", (options, expected) => {
  expect(mergeArguments(args, options)).toEqual(expected);
});

test.each(["--fixed=y", "-fixed=y", "--fixed y", "--fixed", "serve"])("%s is protected", (option) => {
  expect(checkOptions(args, ["--ok", option])).toEqual([
    { index: 1, message: expect.stringContaining("cannot be changed") },
  ]);
});

test("flags that only begin alike are free", () => {
  expect(checkOptions(args, ["--fixed-not=1", "--afixed"])).toEqual([]);
});
