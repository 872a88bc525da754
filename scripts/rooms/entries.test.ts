import { expect, test } from "vitest";
import { entryBreaches } from "./entries.ts";

const breaches = (entries: Readonly<Record<string, string>>, importers: readonly string[]) =>
  entryBreaches({ package: "lib", entries: Object.entries(entries).map(([name, path]) => ({ name, path })) }, [
    { package: "lib", path: "index.ts", text: "" },
    { package: "lib", path: "room/extra.ts", text: 'import "@cke/lib/own";' },
    ...importers.map((module) => ({ package: "app", path: "main.ts", text: `import { x } from "${module}";` })),
  ]);

test.each<[string, Readonly<Record<string, string>>, readonly string[], RegExp[]]>([
  ["listed and used", { "": "index.ts", "/extra": "room/extra.ts" }, ["@cke/lib", "@cke/lib/extra"], []],
  ["everything at once", { "": "index.ts", "/*": "*.ts" }, ["@cke/lib"], [/exports "\.\/\*": list each entry/]],
  ["not listed", { "": "index.ts" }, ["@cke/lib", "@cke/lib/room/extra"], [/^packages\/app.*\/room\/extra, which/]],
  ["not there", { "": "index.ts", "/gone": "gone.ts" }, ["@cke/lib", "@cke/lib/gone"], [/there is no src\/gone\.ts/]],
  ["not used", { "": "index.ts", "/extra": "room/extra.ts" }, ["@cke/lib"], [/"\.\/extra", which no other package/]],
  ["a longer name is another package", { "": "index.ts" }, ["@cke/lib", "@cke/lib-more"], []],
])("%s", (_, entries, importers, expected) => {
  const found = breaches(entries, importers);
  expect(found).toHaveLength(expected.length);
  for (const [index, words] of expected.entries()) expect(found[index]).toMatch(words);
});

test("a program that is started by its name is used", () => {
  const files = [
    { package: "lib", path: "main.ts", text: "" },
    { package: "app", path: "start.ts", text: 'const program = import.meta.resolve("@cke/lib/main");' },
  ];
  expect(entryBreaches({ package: "lib", entries: [{ name: "/main", path: "main.ts" }] }, files)).toEqual([]);
});
