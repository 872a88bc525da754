import { expect, test } from "vitest";
import { namedPaths, pathBreaches, unnamedRooms } from "./named-paths.ts";

const files = new Set([
  "packages/scheduler/src/api/routes.ts",
  "packages/scheduler/src/api",
  "packages/protocol/src/text.ts",
]);
const tree = { exists: (path: string) => files.has(path), packages: ["protocol", "scheduler"] };

test.each([
  ["`packages/wrapper/src`", ["packages/wrapper/src"]],
  ["`api/` and again `api/`", ["api/"]],
  ["`api/routes.ts`, `/etc/hosts`, `GET …/my/logs`, `application/json`, `v1/x`", ["api/routes.ts"]],
  ["```\n`api/in-a-drawing.ts`\n```", []],
])("the paths in %j", (markdown, expected) => {
  expect(namedPaths(markdown)).toEqual(expected);
});

test("a path may be short: below packages/, below the sources of a package, and without src/", () => {
  const markdown = "`packages/scheduler/src/api/`, `api/`, `scheduler/src/api/routes.ts`, `protocol/text.ts`";
  expect(pathBreaches("docs/a.md", markdown, tree)).toEqual([]);
});

test("a path that does not exist is named with its document", () => {
  expect(pathBreaches("docs/a.md", "`packages/gone/src`, `gone/`, `api/gone.ts`", tree)).toEqual([
    "docs/a.md: there is no packages/gone/src",
    "docs/a.md: there is no gone",
    "docs/a.md: there is no api/gone.ts",
  ]);
});

test("a room that the document does not list is named; rooms for tests need no line", () => {
  const files = [
    "main.ts",
    "api/server.ts",
    "api/routes/log.ts",
    "api/testing/fixture.ts",
    "framework/tests/a.test.ts",
  ];
  expect(unnamedRooms("docs/a.md", "| `api/` | the API |", "scheduler", files)).toEqual([
    "docs/a.md: the room api/routes/ of packages/scheduler is not named",
  ]);
});
