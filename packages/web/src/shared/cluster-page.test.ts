import { expect, test } from "vitest";
import { clusterOf, vmOf, webSocketUrl } from "./cluster-page.ts";

test.each([
  ["/k8s/v1/clusters/my/console/kubectl", { base: "/k8s/v1/clusters/my", name: "my" }],
  ["/k8s/clusters/my/console/kubectl/", { base: "/k8s/clusters/my", name: "my" }],
  ["/k8s/clusrers/a-b/console/dashboard", { base: "/k8s/clusrers/a-b", name: "a-b" }],
  ["/k8s/v1/clusters/my", undefined],
  ["/elsewhere", undefined],
])("%s", (path, expected) => {
  expect(clusterOf(path)).toEqual(expected);
});

test("a WebSocket's address follows that of its page", () => {
  const query = new URLSearchParams({ pod: "a" });
  expect(webSocketUrl({ protocol: "http:", host: "h:1" }, "/x", query)).toBe("ws://h:1/x?pod=a");
  expect(webSocketUrl({ protocol: "https:", host: "h" }, "/x", new URLSearchParams())).toBe("wss://h/x");
});

test.each([
  ["/vm/v1/vms/web/console/vnc", { base: "/vm/v1/vms/web", name: "web" }],
  ["/vm/vms/a%20b/console/serial", { base: "/vm/vms/a%20b", name: "a b" }],
  ["/k8s/v1/clusters/web/console/kubectl", undefined],
])("the VM of %s", (path, expected) => {
  expect(vmOf(path)).toEqual(expected);
});
