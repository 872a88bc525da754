import { describe, expect, it } from "vitest";
import type { ClusterLogEntry } from "../../kubernetes/views/plan-views.ts";
import { matches, readLogRequest } from "./log-query.ts";

describe("readLogRequest", () => {
  it.each<[object, object, boolean, object]>([
    [{}, {}, false, { filter: { level: "info" }, start: {}, follow: false, format: "json" }],
    [{}, {}, true, { follow: true }],
    [{ follow: "false" }, {}, true, { follow: false }],
    [{}, { accept: "text/event-stream" }, false, { follow: true, format: "sse" }],
    [{ format: "sse", follow: "false" }, {}, false, { follow: false, format: "sse" }],
    [{}, { accept: "application/x-ndjson, */*" }, false, { follow: false, format: "ndjson" }],
    [{ format: "ndjson", follow: "true" }, { accept: "text/html" }, false, { follow: true, format: "ndjson" }],
    [{ since: "17" }, {}, false, { start: { after: 17 } }],
    [{ since: "2030-01-01T00:00:00Z" }, {}, false, { start: { fromMs: Date.parse("2030-01-01T00:00:00Z") } }],
    [{ since: "2030-01-01T01:00 01:00" }, {}, false, { start: { fromMs: Date.parse("2030-01-01T00:00:00Z") } }],
    [{ since: "17" }, { "last-event-id": "30" }, false, { start: { after: 30 } }],
    [{ since: "17" }, { "last-event-id": "nonsense" }, false, { start: { after: 17 } }],
    [
      { node: "a,b", process: ["etcd", "kubelet"], level: "error" },
      {},
      false,
      { filter: { nodes: new Set(["a", "b"]), processes: new Set(["etcd", "kubelet"]), level: "error" } },
    ],
  ])("%j with %j, as a WebSocket: %s", (query, headers, webSocket, expected) => {
    expect(readLogRequest(query, headers, webSocket)).toMatchObject(expected);
  });

  it.each([
    [{ since: "yesterday" }, /^since: must be a sequence number, or a time/],
    [{ since: "2030-02-99T00:00:00Z" }, /^since: /],
    [{ since: "-1" }, /^since: /],
    [{ since: "9".repeat(30) }, /^since: /],
    [{ level: "debug" }, /^level: /],
    [{ node: "a,,b" }, /^node/],
    [{ format: "xml" }, /^format: /],
    [{ follow: "yes" }, /^follow: /],
    [{ follow: "true" }, /^follow: a JSON array has an end/],
    [{ nod: "a" }, /nod/],
  ])("%j is refused", (query, words) => {
    expect(() => readLogRequest(query, {}, false)).toThrow(words);
  });
});

describe("matches", () => {
  const base = { seq: 1, time: "" };
  const line = (more: object): ClusterLogEntry => ({ ...base, type: "log", level: "info", log: "", ...more });
  const stat: ClusterLogEntry = {
    ...base,
    type: "stat",
    cluster: "c",
    node: "a",
    old_stat: 0,
    old_stat_name: "",
    new_stat: 1,
    new_stat_name: "",
    total_stat: 2,
  };

  it.each<[ClusterLogEntry, object, boolean]>([
    [line({}), {}, true],
    [line({}), { level: "warning" }, false],
    [line({ level: "warning" }), { level: "warning" }, true],
    [line({ level: "error" }), { level: "warning" }, true],
    [line({}), { nodes: new Set(["a"]) }, false],
    [line({ node: "a" }), { nodes: new Set(["a"]) }, true],
    [line({ node: "b" }), { nodes: new Set(["a"]) }, false],
    [line({ node: "a" }), { processes: new Set(["etcd"]) }, false],
    [line({ node: "a", process: "etcd" }), { nodes: new Set(["a"]), processes: new Set(["etcd"]) }, true],
    [line({ node: "a", process: "etcd.res" }), { processes: new Set(["etcd"]) }, true],
    [line({ node: "a", process: "etcd.res-2" }), { processes: new Set(["etcd"]) }, true],
    [line({ node: "a", process: "etcd.res" }), { processes: new Set(["etcd.res"]) }, true],
    [line({ node: "a", process: "etcd" }), { processes: new Set(["etcd.res"]) }, false],
    [line({ node: "a", process: "etcd.res" }), { processes: new Set(["kubelet"]) }, false],
    [stat, {}, true],
    [stat, { nodes: new Set(["a"]) }, true],
    [stat, { nodes: new Set(["b"]) }, false],
    [stat, { level: "error" }, false],
    [stat, { processes: new Set(["etcd"]) }, false],
  ])("%j by %j: %s", (entry, filter, expected) => {
    expect(matches(entry, { level: "info", ...filter })).toBe(expected);
  });
});
