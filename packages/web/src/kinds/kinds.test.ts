import { expect, test } from "vitest";
import { eventColumns, kindOf, kinds, listPath, nodeKind, objectPath } from "./kinds.ts";

const now = Date.parse("2030-01-01T01:00:00Z");
const created = { creationTimestamp: "2030-01-01T00:00:00Z" };
const rowOf = (id: string, object: Readonly<Record<string, unknown>>) =>
  (kindOf(id)?.columns ?? []).map(({ text }) => text(object, now));
const metadata = { namespace: "d", name: "a", ...created };
const template = { spec: { containers: [{ image: "x:1" }, { image: "y:2" }] } };

test.each([
  ["deployments", { metadata, spec: { replicas: 3, template }, status: { readyReplicas: 2 } }, ["2/3", "x:1, y:2"]],
  ["daemonsets", { metadata, spec: { template }, status: { numberReady: 1, desiredNumberScheduled: 2 } }, ["1/2"]],
  [
    "jobs",
    { metadata, spec: { template }, status: { conditions: [{ type: "Complete", status: "True" }], succeeded: 1 } },
    ["Complete", "1/1"],
  ],
  [
    "jobs",
    { metadata, spec: { template }, status: { conditions: [{ type: "Failed", status: "True" }] } },
    ["Failed", "0/1"],
  ],
  [
    "services",
    {
      metadata,
      spec: {
        type: "NodePort",
        clusterIP: "10.96.0.9",
        ports: [{ port: 80, nodePort: 30080 }],
        selector: { app: "a" },
      },
    },
    ["NodePort", "10.96.0.9", "80:30080/TCP", "app=a"],
  ],
])("%s", (id, object, words) => {
  expect(rowOf(id, object)).toEqual(expect.arrayContaining(["d", "a", ...words, "60 min"]));
});

test("an event, also one that only a series tells the time of", () => {
  const event = {
    metadata: created,
    type: "Warning",
    reason: "Failed",
    message: "why",
    involvedObject: { kind: "Pod", name: "a" },
    series: { count: 7, lastObservedTime: "2030-01-01T00:59:30Z" },
  };
  expect(eventColumns.map(({ text }) => text(event, now))).toEqual(["30 s", "Warning", "Failed", "Pod/a", "why", "7"]);
});

test("paths of lists and objects", () => {
  const pods = kindOf("pods");
  if (pods === undefined) throw new Error("there are no pods");
  expect(listPath(pods, "")).toBe("/api/v1/pods");
  expect(listPath(pods, "a")).toBe("/api/v1/namespaces/a/pods");
  expect(objectPath(pods, "a", "b")).toBe("/api/v1/namespaces/a/pods/b");
  expect(objectPath(nodeKind, "", "n/..")).toBe("/api/v1/nodes/n%2F..");
  expect(new Set(kinds.map(({ id }) => id)).size).toBe(kinds.length);
});
