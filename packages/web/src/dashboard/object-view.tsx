// One object: what it is, what happened to it, its text, and what can be done with it.
import { useEffect, useState } from "preact/hooks";
import { type Json, nameOf, namespaceOf, numberAt, recordAt, uidOf } from "../cluster-api/objects.ts";
import { yamlOf } from "../cluster-api/yaml.ts";
import { eventColumns, type Kind, listPath, objectPath } from "../kinds/kinds.ts";
import { Question } from "./dialogs.tsx";
import { useLiveList, usePage } from "./hooks.ts";
import { LogView } from "./log-view.tsx";
import { type Route, routeText } from "./route.ts";
import { Summary } from "./summary.tsx";
import { Table } from "./table.tsx";

type Tab = "Summary" | "Log" | "Events" | "YAML";

export function ObjectView({ kind, route }: { readonly kind: Kind; readonly route: Route }) {
  const field = new URLSearchParams({ fieldSelector: `metadata.name=${route.name}` });
  const list = useLiveList(`${listPath(kind, route.namespace)}?${field}`);
  const object = list.items[0];
  const [tab, setTab] = useState<Tab>("Summary");
  const tabs: readonly Tab[] =
    kind.id === "pods" ? ["Summary", "Log", "Events", "YAML"] : ["Summary", "Events", "YAML"];
  return (
    <article>
      <p>
        <a href={routeText({ ...route, name: "", namespace: "" })}>{kind.title}</a>
      </p>
      <h2>{route.namespace === "" ? route.name : `${route.namespace}/${route.name}`}</h2>
      {list.problem !== "" && <p role="alert">{list.problem}</p>}
      {!list.read && <p role="status">Reading…</p>}
      {list.read && object === undefined && <p role="status">There is no such {kind.one} (any more).</p>}
      {object !== undefined && (
        <>
          <Actions kind={kind} object={object} />
          <nav aria-label="Parts" class="tools">
            {tabs.map((one) => (
              <button type="button" key={one} aria-pressed={tab === one} onClick={() => setTab(one)}>
                {one}
              </button>
            ))}
          </nav>
          {tab === "Summary" && <Summary kind={kind} object={object} />}
          {tab === "Log" && <LogView pod={object} />}
          {tab === "Events" && <ObjectEvents object={object} />}
          {tab === "YAML" && <Yaml object={object} />}
        </>
      )}
    </article>
  );
}

function Actions({ kind, object }: { readonly kind: Kind; readonly object: Json }) {
  const { client, base } = usePage();
  const [asked, setAsked] = useState<"delete" | "scale" | undefined>(undefined);
  const path = objectPath(kind, namespaceOf(object), nameOf(object));
  const close = () => setAsked(undefined);
  const terminal =
    kind.id === "pods"
      ? new URLSearchParams({ namespace: namespaceOf(object), pod: nameOf(object) })
      : new URLSearchParams({ node: nameOf(object) });
  return (
    <div class="tools">
      {kind.scalable === true && (
        <button type="button" onClick={() => setAsked("scale")}>
          Scale
        </button>
      )}
      {(kind.id === "pods" || kind.id === "nodes") && (
        <a class="button" href={`${base}/console/kubectl?${terminal}`} target="_blank" rel="noreferrer">
          Terminal
        </a>
      )}
      {kind.fleeting !== true && kind.id !== "nodes" && (
        <button type="button" class="danger" onClick={() => setAsked("delete")}>
          Delete
        </button>
      )}
      {asked === "delete" && (
        <Question
          title={`Delete ${kind.one} ${nameOf(object)}?`}
          text="What belongs to it is deleted with it."
          action="Delete"
          onYes={async () => {
            const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" };
            await client.request(path, { method: "DELETE", body });
          }}
          onClose={close}
        />
      )}
      {asked === "scale" && (
        <Question
          title={`Scale ${kind.one} ${nameOf(object)}`}
          text={`It has ${numberAt(object, "spec", "replicas")} replicas.`}
          action="Scale"
          number={{ label: "Replicas", value: numberAt(object, "spec", "replicas") }}
          onYes={async (replicas) => {
            const body = { spec: { replicas } };
            await client.request(`${path}/scale`, {
              method: "PATCH",
              body,
              contentType: "application/merge-patch+json",
            });
          }}
          onClose={close}
        />
      )}
    </div>
  );
}

function ObjectEvents({ object }: { readonly object: Json }) {
  const query = new URLSearchParams({ fieldSelector: `involvedObject.uid=${uidOf(object)}` });
  const namespace = namespaceOf(object);
  // The events of an object without a namespace are in `default`; those of a Node name it by its name.
  const ofNode = new URLSearchParams({
    fieldSelector: `involvedObject.kind=Node,involvedObject.name=${nameOf(object)}`,
  });
  const path = namespace === "" ? `/api/v1/events?${ofNode}` : `/api/v1/namespaces/${namespace}/events?${query}`;
  const list = useLiveList(path);
  return <Table caption="Events" columns={eventColumns} list={list} linkOf={() => ""} />;
}

function Yaml({ object }: { readonly object: Json }) {
  const { managedFields: _, ...metadata } = recordAt(object, "metadata");
  const text = yamlOf({ ...object, metadata });
  const [copied, setCopied] = useState(false);
  useEffect(() => setCopied(false), [text]);
  return (
    <section aria-label="YAML">
      {navigator.clipboard !== undefined && (
        <button type="button" onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>
          {copied ? "Copied" : "Copy"}
        </button>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre id="yaml" tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
