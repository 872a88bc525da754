// Which rows a table shows, and in which order. Pure.
import { type Json, nameOf, namespaceOf } from "../cluster-api/objects.ts";
import type { Column } from "../kinds/kinds.ts";

export interface Sorting {
  /** Of the column. */
  readonly title: string;
  readonly direction: "ascending" | "descending";
}

export interface Choice {
  readonly search: string;
  readonly sorting: Sorting | undefined;
  readonly now: number;
}

export function shownRows(objects: readonly Json[], columns: readonly Column[], choice: Choice): readonly Json[] {
  const words = choice.search.toLowerCase().split(/\s+/).filter(Boolean);
  const textOf = (object: Json) => columns.map((column) => column.text(object, choice.now).toLowerCase()).join("\n");
  const found =
    words.length === 0 ? objects : objects.filter((object) => words.every((word) => textOf(object).includes(word)));
  const column = columns.find(({ title }) => title === choice.sorting?.title);
  const byName = [...found].sort((one, other) => compareText(keyOf(one), keyOf(other)));
  if (column === undefined) return byName;
  const sign = choice.sorting?.direction === "descending" ? -1 : 1;
  return byName.sort((one, other) => sign * compare(column, one, other, choice.now));
}

/** A click on a column: up, down, and as it was. */
export function sortedAfter(before: Sorting | undefined, title: string): Sorting | undefined {
  if (before?.title !== title) return { title, direction: "ascending" };
  return before.direction === "ascending" ? { title, direction: "descending" } : undefined;
}

const keyOf = (object: Json): string => `${namespaceOf(object)}/${nameOf(object)}`;
const compareText = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });

function compare({ order, text }: Column, one: Json, other: Json, now: number): number {
  return order === undefined ? compareText(text(one, now), text(other, now)) : order(one) - order(other);
}
