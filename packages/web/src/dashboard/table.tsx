// A list of objects as a table that can be searched and sorted.
import { useState } from "preact/hooks";
import type { ListView } from "../cluster-api/live-list.ts";
import { type Json, uidOf } from "../cluster-api/objects.ts";
import type { Column } from "../kinds/kinds.ts";
import { useNow } from "./hooks.ts";
import { type Sorting, shownRows, sortedAfter } from "./rows.ts";

/** A browser shows so many rows without delay; more are found by the search. */
const mostRows = 500;

export interface TableProps {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly list: ListView;
  /** Address of an object's own view. */
  readonly linkOf: (object: Json) => string;
}

export function Table({ caption, columns, list, linkOf }: TableProps) {
  const now = useNow();
  const [search, setSearch] = useState("");
  const [sorting, setSorting] = useState<Sorting | undefined>(undefined);
  const rows = shownRows(list.items, columns, { search, sorting, now });
  return (
    <section>
      <div class="tools">
        <label>
          Find <input type="search" value={search} onInput={({ currentTarget }) => setSearch(currentTarget.value)} />
        </label>
        <p role="status">{summary(list, rows.length)}</p>
      </div>
      {list.problem !== "" && <p role="alert">{list.problem}</p>}
      <div class="wide">
        <table>
          <caption class="hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ title }) => (
                <th scope="col" key={title} aria-sort={sorting?.title === title ? sorting.direction : "none"}>
                  <button type="button" onClick={() => setSorting(sortedAfter(sorting, title))}>
                    {title}
                    <span aria-hidden="true">{arrowOf(sorting, title)}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, mostRows).map((object) => (
              <tr key={uidOf(object)}>
                {columns.map((column) => (
                  <td key={column.title} data-mood={column.mood?.(object)}>
                    {column.link === true ? (
                      <a href={linkOf(object)}>{column.text(object, now)}</a>
                    ) : (
                      column.text(object, now)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > mostRows && <p>The first {mostRows} are shown. Search to see others.</p>}
    </section>
  );
}

function arrowOf(sorting: Sorting | undefined, title: string): string {
  if (sorting?.title !== title) return "";
  return sorting.direction === "ascending" ? " ▲" : " ▼";
}

function summary({ read, items }: ListView, shown: number): string {
  if (!read) return "Reading…";
  return shown === items.length ? `${shown}` : `${shown} of ${items.length}`;
}
