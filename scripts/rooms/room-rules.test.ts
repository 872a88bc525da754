import { expect, test } from "vitest";
import { roomRuleBreaches } from "./room-rules.ts";

const table = [{ package: "p", room: "core/", knowsNothingOf: ["shell/"], why: "the core is pure" }];
const breaches = (imports: Readonly<Record<string, readonly string[]>>) =>
  roomRuleBreaches(
    Object.entries(imports).map(([path, names]) => ({
      package: "p",
      path,
      text: names.map((name) => `import { x } from "${name}";`).join("\n"),
    })),
    table,
  );

test.each<[string, Readonly<Record<string, readonly string[]>>, readonly string[]]>([
  ["the other way is allowed", { "shell/a.ts": ["../core/b.ts"], "core/b.ts": [] }, []],
  [
    "a direct import",
    { "core/a.ts": ["../shell/b.ts"], "shell/b.ts": [] },
    ["packages/p/src/core/a.ts: reaches shell/b.ts, but the core is pure"],
  ],
  [
    "through another room",
    { "core/sub/a.ts": ["../../other/b.ts"], "other/b.ts": ["../shell/c.ts"], "shell/c.ts": [] },
    ["packages/p/src/core/sub/a.ts: reaches other/b.ts → shell/c.ts, but the core is pure"],
  ],
  ["a rule about a room that has gone", { "core/a.ts": [] }, ["scripts/rooms/room-rules.ts: packages/p has no shell/"]],
  ["tests may", { "core/a.test.ts": ["../shell/b.ts"], "shell/b.ts": [] }, []],
  [
    "a product imports nothing that is for tests",
    {
      "core/c.ts": [],
      "shell/a.ts": ["./testing/b.ts"],
      "shell/testing/b.ts": [],
      "shell/a.test.ts": ["./testing/b.ts"],
    },
    ["packages/p/src/shell/a.ts: imports shell/testing/b.ts, which is for tests only"],
  ],
])("%s", (_, imports, expected) => {
  expect(breaches(imports)).toEqual(expected);
});
