// Rewrites the URL variants of existing clients to the canonical form, and knows which URLs are of a cluster's own API. Pure.

/** `/k8s/clusters` → `/k8s/v1/clusters`, `/vm/vms` → `/vm/v1/vms`, the documentation's misspelt `clusrers` → `clusters`; the query stays. */
export function canonicalUrl(url: string): string {
  const cut = url.search(/[?#]/);
  const path = cut < 0 ? url : url.slice(0, cut);
  const rest = cut < 0 ? "" : url.slice(cut);
  const versioned = path.replace(/^\/(k8s|vm)\/(?!v\d+(\/|$))(?=.)/, "/$1/v1/");
  return versioned.replace(/^(\/k8s\/v1\/)clusrers(?=\/|$)/, "$1clusters") + rest;
}

/** A request for a cluster's API server. */
export interface ApiserverUrl {
  readonly cluster: string;
  /** What the API server is asked, with its query, as it was written. */
  readonly path: string;
}

const apiserverPath = /^(\/k8s\/v1\/clusters\/([^/?#]+)\/apiserver)(?:([/?#].*))?$/s;

/** Undefined when the URL, in any of its variants, is not below `/k8s/v1/clusters/<name>/apiserver`. */
export function apiserverUrl(url: string): ApiserverUrl | undefined {
  const [, , name, rest = ""] = apiserverPath.exec(canonicalUrl(url)) ?? [];
  if (name === undefined) return undefined;
  try {
    return { cluster: decodeURIComponent(name), path: rest.startsWith("/") ? rest : `/${rest}` };
  } catch {
    return undefined; // a name that is no UTF-8 is no cluster's
  }
}

/** The URL for the router: whatever is asked of a cluster's API server has the same route, for the router must not change it. */
export function routedUrl(url: string): string {
  const canonical = canonicalUrl(url);
  return apiserverPath.exec(canonical)?.[1] ?? canonical;
}
