// Addresses of the pages of clusters and of VMs, and of parts of the API, from the address of one of these pages. Pure.

/** `/k8s/v1/clusters/<name>`, or the same under an alias; and the name. Undefined when it is no page of a cluster. */
export function clusterOf(path: string): { readonly base: string; readonly name: string } | undefined {
  const [, base, name] = /^(\/k8s\/(?:v1\/)?clus[tr]ers\/([^/]+))\/console\//.exec(path) ?? [];
  if (base === undefined || name === undefined) return undefined;
  return { base, name: decodeURIComponent(name) };
}

/** `/vm/v1/vms/<name>`, or the same under an alias; and the name. Undefined when it is no page of a VM. */
export function vmOf(path: string): { readonly base: string; readonly name: string } | undefined {
  const [, base, name] = /^(\/vm\/(?:v1\/)?vms\/([^/]+))\/console\//.exec(path) ?? [];
  if (base === undefined || name === undefined) return undefined;
  return { base, name: decodeURIComponent(name) };
}

/** The same address, for a WebSocket. */
export function webSocketUrl(page: Pick<URL, "protocol" | "host">, path: string, query: URLSearchParams): string {
  const text = query.toString();
  return `${page.protocol === "https:" ? "wss:" : "ws:"}//${page.host}${path}${text === "" ? "" : `?${text}`}`;
}
