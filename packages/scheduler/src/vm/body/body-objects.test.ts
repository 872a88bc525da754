import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { vmAliases, vmBodyObjects } from "./body-objects.ts";

const document = readFileSync(new URL("../../../../../docs/vm-body.md", import.meta.url), "utf8");

/** Rows of the table below a heading: field, other names, type, compulsory, default. */
const rowsOf = (heading: string) =>
  (document.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
const names = (cell = "") =>
  cell
    .replaceAll("`", "")
    .split(", ")
    .filter((name) => name !== "");
const isSnakeOf = (other: string, name: string) =>
  other === name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

test.each(Object.entries<z.ZodObject>(vmBodyObjects))(
  "docs/vm-body.md has every field of %s, and no other",
  (heading, schema) => {
    const rows = rowsOf(heading).map(([, field, other, , compulsory, byDefault]) => {
      return {
        field: names(field)[0] ?? "",
        others: names(other),
        compulsory: compulsory === "yes",
        byDefault: byDefault ?? "",
      };
    });
    const second = Object.entries(vmAliases.get(schema) ?? {});
    const first = Object.keys(schema.shape).filter((field) => !second.some(([other]) => other === field));
    expect(rows.map(({ field }) => field).toSorted()).toEqual(first.toSorted());
    const told = rows.flatMap(({ field, others }) => others.map((other) => [other, field]));
    expect(told.toSorted()).toEqual(second.filter(([other, name]) => !isSnakeOf(other, name)).toSorted());
    const partly = [
      "boot",
      "disk",
      "network",
      "ports",
      "cloudInit",
      "devices",
      "system",
      "data",
      "cdrom",
      "from",
      "limits",
      "image",
    ];
    for (const { field, compulsory, byDefault } of rows) {
      if (partly.includes(field)) continue;
      const absent = z.safeParse(z.unknown().pipe(schema.shape[field] ?? z.never()), undefined);
      expect([field, compulsory]).toEqual([field, !absent.success]);
      if (absent.success && absent.data !== undefined)
        expect([field, byDefault]).toEqual([field, `\`${JSON.stringify(absent.data)}\``]);
    }
  },
);

test("the README leads to it", () => {
  for (const name of ["README.md", "README.zh.md"])
    expect(readFileSync(new URL(`../../../../../${name}`, import.meta.url), "utf8")).toContain("(docs/vm-body.md)");
});
