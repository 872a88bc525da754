import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { aliases, bodyObjects } from "./body-fields.ts";

const document = readFileSync(new URL("../../../../../docs/cluster-body.md", import.meta.url), "utf8");

/** Rows of the table below a heading: field, other name, type, compulsory, default, meaning. */
const rowsOf = (heading: string) => {
  const section = document.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
};
const plain = (cell = "") => cell.replaceAll("`", "");

test.each(Object.entries<z.ZodObject>(bodyObjects))(
  "docs/cluster-body.md has every field of %s, and no other",
  (name, schema) => {
    const rows = rowsOf(name).map(([, field, other, , compulsory, byDefault]) => ({
      field: plain(field),
      other: plain(other),
      compulsory: compulsory === "yes",
      byDefault: byDefault ?? "",
    }));
    const second = aliases.get(schema) ?? {};
    const first = Object.keys(schema.shape).filter((field) => !Object.hasOwn(second, field));
    expect(rows.map(({ field }) => field).sort()).toEqual(first.sort());
    expect(rows.flatMap(({ field, other }) => (other === "" ? [] : [[other, field]])).sort()).toEqual(
      Object.entries(second).sort(),
    );
    for (const { field, compulsory, byDefault } of rows) {
      const absent = z.safeParse(z.unknown().pipe(schema.shape[field] ?? z.never()), undefined);
      const list = ["kubenodes", "process", "ingresses"].includes(field);
      if (!list) expect([field, compulsory]).toEqual([field, !absent.success]);
      if (absent.success && absent.data !== undefined)
        expect(byDefault).toMatch(new RegExp(`^\`${JSON.stringify(absent.data).replace(/[[\]*]/g, "\\$&")}\``));
    }
  },
);

test("the READMEs lead to it", () => {
  for (const name of ["README.md", "README.zh.md"])
    expect(readFileSync(new URL(`../../../../../${name}`, import.meta.url), "utf8")).toContain(
      "(docs/cluster-body.md)",
    );
});
