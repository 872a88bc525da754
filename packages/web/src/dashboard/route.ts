// What the dashboard shows, in the part of the address after "#". Pure.

export interface Route {
  /** A view of its own (overview, nodes, …) or the id of a kind. */
  readonly view: string;
  /** Of one object; "" for a list. */
  readonly name: string;
  /** Of that object. */
  readonly namespace: string;
  /** What lists are narrowed to; "" for all namespaces. */
  readonly filter: string;
}

export const home: Route = { view: "overview", name: "", namespace: "", filter: "" };

/** `#/pods`, `#/pods/<namespace>/<name>`, `#/nodes/-/<name>`, each with `?ns=<filter>`. */
export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", namespace = "", name = ""] = path.split("/").map(decoded);
  const filter = new URLSearchParams(query).get("ns") ?? "";
  if (view === "") return { ...home, filter };
  return { view, name, namespace: namespace === "-" ? "" : namespace, filter };
}

export function routeText({ view, name, namespace, filter }: Route): string {
  const parts = name === "" ? [view] : [view, namespace === "" ? "-" : namespace, name];
  const query = filter === "" ? "" : `?${new URLSearchParams({ ns: filter })}`;
  return `#/${parts.map(encodeURIComponent).join("/")}${query}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
