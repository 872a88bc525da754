// The frame of the dashboard: where one is, and what can be seen.
import { useEffect } from "preact/hooks";
import { type Json, nameOf, namespaceOf } from "../cluster-api/objects.ts";
import { type Kind, kindOf, kinds, listPath } from "../kinds/kinds.ts";
import { useLiveList, usePage, useRoute } from "./hooks.ts";
import { NodesView } from "./nodes-view.tsx";
import { ObjectView } from "./object-view.tsx";
import { Overview } from "./overview.tsx";
import { type Route, routeText } from "./route.ts";
import { Table } from "./table.tsx";

const views = [
  { id: "overview", title: "Overview" },
  ...kinds.map(({ id, title }) => ({ id, title })),
  { id: "nodes", title: "Nodes" },
];

export function App() {
  const { cluster, base } = usePage();
  const route = useRoute();
  const title = views.find(({ id }) => id === route.view)?.title ?? route.view;
  useEffect(() => {
    document.title = `${route.name || title} · ${cluster}`;
  }, [route.name, title, cluster]);
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        To the content
      </button>
      <header>
        <h1>{cluster}</h1>
        <Namespaces route={route} />
        <a href={`${base}/console/kubectl`} target="_blank" rel="noreferrer">
          Terminal
        </a>
      </header>
      <div class="columns">
        <nav aria-label="Views">
          <ul>
            {views.map(({ id, title: words }) => (
              <li key={id}>
                <a
                  href={routeText({ view: id, name: "", namespace: "", filter: route.filter })}
                  aria-current={route.view === id ? "page" : undefined}
                >
                  {words}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="content" tabIndex={-1}>
          {route.name === "" && <h2>{title}</h2>}
          <View route={route} />
        </main>
      </div>
    </>
  );
}

/** The part of the address after "#" is the view, so that focus is moved here. */
function skip(): void {
  document.getElementById("content")?.focus();
}

function View({ route }: { readonly route: Route }) {
  const kind = kindOf(route.view);
  if (route.name !== "" && kind !== undefined) {
    return <ObjectView key={`${route.view}/${route.namespace}/${route.name}`} kind={kind} route={route} />;
  }
  if (route.view === "overview") return <Overview filter={route.filter} />;
  if (route.view === "nodes") return <NodesView filter={route.filter} />;
  if (kind === undefined) return <p role="alert">There is no such view.</p>;
  return <KindView key={kind.id} kind={kind} filter={route.filter} />;
}

function KindView({ kind, filter }: { readonly kind: Kind; readonly filter: string }) {
  const list = useLiveList(listPath(kind, filter));
  const linkOf = (object: Json) =>
    routeText({ view: kind.id, name: nameOf(object), namespace: namespaceOf(object), filter });
  return <Table caption={kind.title} columns={kind.columns} list={list} linkOf={linkOf} />;
}

function Namespaces({ route }: { readonly route: Route }) {
  const { items } = useLiveList("/api/v1/namespaces");
  const names = items.map(nameOf).sort();
  const known = route.filter === "" || names.includes(route.filter) ? names : [route.filter, ...names];
  return (
    <label>
      Namespace{" "}
      <select
        value={route.filter}
        onChange={({ currentTarget }) => {
          location.hash = routeText({ ...route, filter: currentTarget.value });
        }}
      >
        <option value="">all</option>
        {known.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
