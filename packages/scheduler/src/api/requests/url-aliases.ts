// Rewrites the URL variants of existing clients to the canonical form.

/** `/k8s/clusters` → `/k8s/v1/clusters`, the documentation's misspelt `clusrers` → `clusters`; the query stays. */
export function canonicalUrl(url: string): string {
  const cut = url.search(/[?#]/);
  const path = cut < 0 ? url : url.slice(0, cut);
  const rest = cut < 0 ? "" : url.slice(cut);
  const versioned = path.replace(/^\/k8s\/(?!v\d+(\/|$))(?=.)/, "/k8s/v1/");
  return versioned.replace(/^(\/k8s\/v1\/)clusrers(?=\/|$)/, "$1clusters") + rest;
}
