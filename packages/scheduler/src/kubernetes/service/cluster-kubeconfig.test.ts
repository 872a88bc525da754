import { systemClock } from "@cke/foundation";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { createClusterAuthorities } from "../pki/cluster-authorities.ts";
import type { ClusterAuthorities } from "../pki/key-material.ts";
import { kubeconfigFor } from "./cluster-kubeconfig.ts";

let authorities: ClusterAuthorities;
beforeAll(async () => {
  authorities = await createClusterAuthorities("my");
});

function read(text: string) {
  const { clusters, users } = parse(text);
  const { "certificate-authority-data": ca, ...cluster } = clusters[0].cluster;
  return { cluster, ca: ca !== undefined, user: Object.keys(users[0].user) };
}
const certificate = ["client-certificate-data", "client-key-data"];

test.each([
  ["direct", "https://10.0.0.1:6443", "http://s:8512", { server: "https://10.0.0.1:6443" }, true, certificate],
  ["port", "https://host:16443", "http://s:8512", { server: "https://host:16443" }, true, certificate],
  ["bgp", "https://10.99.3.1:6443", "http://s:8512", { server: "https://10.99.3.1:6443" }, true, certificate],
  [
    "spider-lb",
    "https://10.9.9.9:6443",
    "http://s:8512",
    { server: "https://10.9.9.9:6443", "tls-server-name": "kubernetes" },
    true,
    certificate,
  ],
  [
    "scheduler",
    "http://s:8512/k8s/v1/clusters/my/apiserver",
    "http://s:8512",
    { server: "https://my.cke.internal:6443", "proxy-url": "http://s:8512", "tls-server-name": "kubernetes" },
    true,
    certificate,
  ],
  [
    "scheduler",
    "https://s/k8s/v1/clusters/my/apiserver",
    "https://s",
    { server: "https://s/k8s/v1/clusters/my/apiserver" },
    false,
    ["token"],
  ],
] as const)("by way of %s at %s", (via, server, schedulerUrl, cluster, ca, user) => {
  expect(read(kubeconfigFor(authorities, { via, server }, schedulerUrl, systemClock))).toEqual({ cluster, ca, user });
});
