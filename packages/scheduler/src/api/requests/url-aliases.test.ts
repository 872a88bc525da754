import { expect, test } from "vitest";
import { apiserverUrl, canonicalUrl, routedUrl } from "./url-aliases.ts";

test.each([
  ["/k8s/clusters/my?a=b", "/k8s/v1/clusters/my?a=b"],
  ["/k8s/clusrers/my/", "/k8s/v1/clusters/my/"],
  ["/k8s/v1/clusters", "/k8s/v1/clusters"],
  ["/k8s/v2/clusters", "/k8s/v2/clusters"],
  ["/ver", "/ver"],
])("%s is %s", (url, canonical) => {
  expect(canonicalUrl(url)).toBe(canonical);
});

test.each([
  ["/k8s/v1/clusters/my/apiserver", { cluster: "my", path: "/" }],
  ["/k8s/clusters/my/apiserver/", { cluster: "my", path: "/" }],
  ["/k8s/v1/clusters/my/apiserver?a=b", { cluster: "my", path: "/?a=b" }],
  [
    "/k8s/clusrers/my/apiserver//a%2Fb/../clusrers?x=/k8s/clusters/",
    { cluster: "my", path: "//a%2Fb/../clusrers?x=/k8s/clusters/" },
  ],
  ["/k8s/v1/clusters/my/apiservers/x", undefined],
  ["/k8s/v1/clusters/apiserver/x", undefined],
  ["/k8s/v1/clusters/%ff/apiserver/x", undefined],
])("%s asks a cluster's API: %j", (url, asked) => {
  expect(apiserverUrl(url)).toEqual(asked);
  if (asked !== undefined) expect(routedUrl(url)).toBe("/k8s/v1/clusters/my/apiserver");
});
