// What is well in the cluster and what is not, on one page.
import { type Json, nameOf, namespaceOf } from "../cluster-api/objects.ts";
import { eventColumns, kindOf, listPath } from "../kinds/kinds.ts";
import { nodeUse } from "../kinds/node-use.ts";
import { podStatus } from "../kinds/pod-status.ts";
import { useLiveList } from "./hooks.ts";
import { routeText } from "./route.ts";
import { Table } from "./table.tsx";

export function Overview({ filter }: { readonly filter: string }) {
  const pods = kindOf("pods");
  const events = kindOf("events");
  if (pods === undefined || events === undefined) return null;
  return <Shown podPath={listPath(pods, filter)} eventPath={listPath(events, filter)} filter={filter} />;
}

function Shown({
  podPath,
  eventPath,
  filter,
}: {
  readonly podPath: string;
  readonly eventPath: string;
  readonly filter: string;
}) {
  const nodes = useLiveList("/api/v1/nodes");
  const pods = useLiveList(podPath);
  const warnings = useLiveList(`${eventPath}?fieldSelector=type%3DWarning`);
  const ready = nodes.items.filter((node) => nodeUse(node, []).mood !== "bad").length;
  const unwell = pods.items.filter((pod) => podStatus(pod).mood !== "good");
  const columns = kindOf("pods")?.columns ?? [];
  const linkOf = (pod: Json) => routeText({ view: "pods", name: nameOf(pod), namespace: namespaceOf(pod), filter });
  return (
    <>
      <ul class="figures">
        <Figure title="Nodes ready" value={`${ready}/${nodes.items.length}`} view="nodes" filter={filter} />
        <Figure
          title="Pods well"
          value={`${pods.items.length - unwell.length}/${pods.items.length}`}
          view="pods"
          filter={filter}
        />
        <Figure title="Warnings" value={`${warnings.items.length}`} view="events" filter={filter} />
      </ul>
      {unwell.length > 0 && (
        <>
          <h3>Pods that are not well</h3>
          <Table caption="Pods that are not well" columns={columns} list={{ ...pods, items: unwell }} linkOf={linkOf} />
        </>
      )}
      <h3>Warnings</h3>
      <Table caption="Warnings" columns={eventColumns} list={warnings} linkOf={() => ""} />
    </>
  );
}

function Figure({
  title,
  value,
  view,
  filter,
}: {
  readonly title: string;
  readonly value: string;
  readonly view: string;
  readonly filter: string;
}) {
  return (
    <li>
      <a href={routeText({ view, name: "", namespace: "", filter })}>
        <strong>{value}</strong> {title}
      </a>
    </li>
  );
}
