// What an object is, in a few lines: its columns, conditions, containers, and the pods that belong to it.
import { type Json, labelText, listAt, nameOf, namespaceOf, recordAt, textAt } from "../cluster-api/objects.ts";
import { podsPath } from "../kinds/belonging-pods.ts";
import { containerRows, containerTitles } from "../kinds/container-rows.ts";
import { type Column, type Kind, kindOf } from "../kinds/kinds.ts";
import { useLiveList, useNow } from "./hooks.ts";
import { routeText } from "./route.ts";
import { Table } from "./table.tsx";

export function Summary({ kind, object }: { readonly kind: Kind; readonly object: Json }) {
  const now = useNow();
  const rows = [
    ...kind.columns.map(({ title, text }) => [title, text(object, now)] as const),
    ["Labels", labelText(recordAt(object, "metadata", "labels")).replaceAll(",", ", ")] as const,
    ["Created", textAt(object, "metadata", "creationTimestamp")] as const,
  ];
  const pods = podsPath(kind.id, object);
  return (
    <>
      <dl>
        {rows.map(([title, text]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {kind.id === "pods" && <TextTable caption="Containers" titles={containerTitles} rows={containerRows(object)} />}
      <TextTable caption="Conditions" titles={conditionTitles} rows={conditionRows(object)} />
      {pods !== undefined && <BelongingPods path={pods} columns={kindOf("pods")?.columns ?? []} />}
    </>
  );
}

const conditionTitles = ["Condition", "Status", "Reason", "Message"] as const;

const conditionRows = (object: Json): readonly (readonly string[])[] =>
  listAt(object, "status", "conditions").map((one) =>
    ["type", "status", "reason", "message"].map((field) => textAt(one, field)),
  );

interface TextTableProps {
  readonly caption: string;
  readonly titles: readonly string[];
  /** The first text of each is unique. */
  readonly rows: readonly (readonly string[])[];
}

function TextTable({ caption, titles, rows }: TextTableProps) {
  if (rows.length === 0) return null;
  return (
    <div class="wide">
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {titles.map((title) => (
              <th scope="col" key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((text, index) => (
                <td key={titles[index]}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function BelongingPods({ path, columns }: { readonly path: string; readonly columns: readonly Column[] }) {
  const list = useLiveList(path);
  const linkOf = (pod: Json) => routeText({ view: "pods", name: nameOf(pod), namespace: namespaceOf(pod), filter: "" });
  return (
    <>
      <h3>Pods</h3>
      <Table caption="Pods" columns={columns} list={list} linkOf={linkOf} />
    </>
  );
}
