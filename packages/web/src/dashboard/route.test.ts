import { expect, test } from "vitest";
import { home, readRoute, routeText } from "./route.ts";

test.each([
  ["#/pods", { view: "pods", name: "", namespace: "", filter: "" }],
  ["#/pods/shop/web-1", { view: "pods", name: "web-1", namespace: "shop", filter: "" }],
  ["#/nodes/-/node0?ns=shop", { view: "nodes", name: "node0", namespace: "", filter: "shop" }],
  ["#/services?ns=kube-system", { view: "services", name: "", namespace: "", filter: "kube-system" }],
])("%s is read and written", (hash, route) => {
  expect(readRoute(hash)).toEqual(route);
  expect(routeText(route)).toBe(hash);
});

test.each([
  ["", home],
  ["#", home],
  ["#/?ns=a", { ...home, filter: "a" }],
  ["#/pods/%zz/a", { view: "pods", name: "a", namespace: "%zz", filter: "" }],
])("%j is read", (hash, route) => {
  expect(readRoute(hash)).toEqual(route);
});
