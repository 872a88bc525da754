import { expect, test } from "vitest";
import { podsPath, selectorText } from "./belonging-pods.ts";

test.each([
  [{ matchLabels: { app: "a", tier: "b" } }, "app=a,tier=b"],
  [{ matchExpressions: [{ key: "k", operator: "In", values: ["x", "y"] }] }, "k in (x,y)"],
  [{ matchLabels: { a: "1" }, matchExpressions: [{ key: "k", operator: "NotIn", values: ["x"] }] }, "a=1,k notin (x)"],
  [
    {
      matchExpressions: [
        { key: "k", operator: "Exists" },
        { key: "l", operator: "DoesNotExist" },
      ],
    },
    "k,!l",
  ],
  [{}, ""],
])("%j", (selector, text) => {
  expect(selectorText(selector)).toBe(text);
});

const metadata = { name: "n", namespace: "shop" };
test.each([
  [
    "deployments",
    { metadata, spec: { selector: { matchLabels: { app: "a" } } } },
    "/api/v1/namespaces/shop/pods?labelSelector=app%3Da",
  ],
  ["services", { metadata, spec: { selector: { app: "a" } } }, "/api/v1/namespaces/shop/pods?labelSelector=app%3Da"],
  ["services", { metadata, spec: {} }, undefined],
  ["pods", { metadata, spec: {} }, undefined],
  ["nodes", { metadata: { name: "node0" } }, "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode0"],
])("%s: %j", (kind, object, path) => {
  expect(podsPath(kind, object)).toBe(path);
});
