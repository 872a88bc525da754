import { expect, test } from "vitest";
import { namedPaths, pathBreaches } from "./named-paths.ts";

const tree = new Set(["packages/scheduler/src/api/routes.ts", "packages/protocol/src/text.ts", "packages/wrapper/src"]);
const exists = (path: string) => tree.has(path);

test.each([
  ["`packages/wrapper/src`", ["packages/wrapper/src"]],
  ["`packages/wrapper/src/` and again `packages/wrapper/src/`", ["packages/wrapper/src/"]],
  ["`api/routes.ts`, `/etc/hosts`, `GET …/my/logs`, `application/json`, `v1/x`", ["api/routes.ts"]],
  ["```\n`api/in-a-drawing.ts`\n```", []],
])("the paths in %j", (markdown, expected) => {
  expect(namedPaths(markdown)).toEqual(expected);
});

test("a path may be short: below packages/, below the scheduler's sources, and without src/", () => {
  const markdown = "`packages/wrapper/src/`, `api/routes.ts`, `scheduler/src/api/routes.ts`, `protocol/text.ts`";
  expect(pathBreaches("docs/a.md", markdown, exists)).toEqual([]);
});

test("a path that does not exist is named with its document", () => {
  const markdown = "`packages/gone/src`, `api/gone.ts`";
  expect(pathBreaches("docs/a.md", markdown, exists)).toEqual([
    "docs/a.md: there is no packages/gone/src",
    "docs/a.md: there is no api/gone.ts",
  ]);
});
