// The kinds of objects that the dashboard lists, with their columns. Pure.
import {
  condition,
  createdAt,
  type Json,
  labelText,
  listAt,
  nameOf,
  namespaceOf,
  numberAt,
  recordAt,
  textAt,
} from "../cluster-api/objects.ts";
import { ageText, bytesText, quantity } from "../cluster-api/quantity.ts";
import { type Mood, podStatus } from "./pod-status.ts";

export interface Column {
  readonly title: string;
  readonly text: (object: Json, nowMs: number) => string;
  /** What it is sorted by; default: the text. */
  readonly order?: (object: Json) => number;
  readonly mood?: (object: Json) => Mood;
  /** It leads to the object. */
  readonly link?: boolean;
}

export interface Kind {
  /** Also the resource's name in the API. */
  readonly id: string;
  readonly title: string;
  readonly one: string;
  /** "/apis/apps/v1" */
  readonly api: string;
  readonly namespaced: boolean;
  readonly columns: readonly Column[];
  readonly scalable?: boolean;
  /** Objects come and go by themselves, so that there is nothing to delete. */
  readonly fleeting?: boolean;
}

const name: Column = { title: "Name", text: nameOf, link: true };
const namespace: Column = { title: "Namespace", text: namespaceOf };
const age: Column = {
  title: "Age",
  text: (object, now) => ageText(createdAt(object), now),
  order: (object) => -createdAt(object),
};
/** Ready of wanted. */
const ready = (readyAt: readonly string[], wantedAt: readonly string[]): Column => ({
  title: "Ready",
  text: (object) => `${numberAt(object, ...readyAt)}/${numberAt(object, ...wantedAt)}`,
  order: (object) => numberAt(object, ...readyAt),
  mood: (object) => (numberAt(object, ...readyAt) >= numberAt(object, ...wantedAt) ? "good" : "waiting"),
});
const images: Column = {
  title: "Images",
  text: (object) =>
    listAt(object, "spec", "template", "spec", "containers")
      .map((one) => textAt(one, "image"))
      .join(", "),
};

const pods: Kind = {
  id: "pods",
  title: "Pods",
  one: "pod",
  api: "/api/v1",
  namespaced: true,
  columns: [
    namespace,
    name,
    { title: "Status", text: (pod) => podStatus(pod).word, mood: (pod) => podStatus(pod).mood },
    { title: "Ready", text: (pod) => podStatus(pod).ready },
    { title: "Restarts", text: (pod) => String(podStatus(pod).restarts), order: (pod) => podStatus(pod).restarts },
    { title: "Node", text: (pod) => textAt(pod, "spec", "nodeName") },
    { title: "Address", text: (pod) => textAt(pod, "status", "podIP") },
    age,
  ],
};

const jobStatus = (job: Json): { readonly word: string; readonly mood: Mood } => {
  if (condition(job, "Complete").status === "True") return { word: "Complete", mood: "good" };
  if (condition(job, "Failed").status === "True") return { word: "Failed", mood: "bad" };
  return { word: "Running", mood: "waiting" };
};

const servicePorts = (service: Json): string =>
  listAt(service, "spec", "ports")
    .map((port) => {
      const nodePort = numberAt(port, "nodePort");
      return `${numberAt(port, "port")}${nodePort === 0 ? "" : `:${nodePort}`}/${textAt(port, "protocol") || "TCP"}`;
    })
    .join(", ");

const lastSeen = (event: Json): number =>
  Date.parse(
    textAt(event, "lastTimestamp") ||
      textAt(event, "series", "lastObservedTime") ||
      textAt(event, "eventTime") ||
      textAt(event, "metadata", "creationTimestamp"),
  );

export const eventColumns: readonly Column[] = [
  { title: "Last seen", text: (event, now) => ageText(lastSeen(event), now), order: (event) => -lastSeen(event) },
  { title: "Type", text: (event) => textAt(event, "type"), mood: (event) => (event.type === "Warning" ? "bad" : "") },
  { title: "Reason", text: (event) => textAt(event, "reason") },
  {
    title: "Object",
    text: (event) => `${textAt(event, "involvedObject", "kind")}/${textAt(event, "involvedObject", "name")}`,
  },
  { title: "Message", text: (event) => textAt(event, "message") },
  {
    title: "Count",
    text: (event) => String(numberAt(event, "count") || numberAt(event, "series", "count") || 1),
    order: (event) => numberAt(event, "count"),
  },
];

export const kinds: readonly Kind[] = [
  {
    id: "deployments",
    title: "Deployments",
    one: "deployment",
    api: "/apis/apps/v1",
    namespaced: true,
    scalable: true,
    columns: [namespace, name, ready(["status", "readyReplicas"], ["spec", "replicas"]), images, age],
  },
  {
    id: "statefulsets",
    title: "StatefulSets",
    one: "stateful set",
    api: "/apis/apps/v1",
    namespaced: true,
    scalable: true,
    columns: [namespace, name, ready(["status", "readyReplicas"], ["spec", "replicas"]), images, age],
  },
  {
    id: "daemonsets",
    title: "DaemonSets",
    one: "daemon set",
    api: "/apis/apps/v1",
    namespaced: true,
    columns: [namespace, name, ready(["status", "numberReady"], ["status", "desiredNumberScheduled"]), images, age],
  },
  {
    id: "jobs",
    title: "Jobs",
    one: "job",
    api: "/apis/batch/v1",
    namespaced: true,
    columns: [
      namespace,
      name,
      { title: "Status", text: (job) => jobStatus(job).word, mood: (job) => jobStatus(job).mood },
      {
        title: "Completions",
        text: (job) => `${numberAt(job, "status", "succeeded")}/${numberAt(job, "spec", "completions") || 1}`,
      },
      images,
      age,
    ],
  },
  pods,
  {
    id: "services",
    title: "Services",
    one: "service",
    api: "/api/v1",
    namespaced: true,
    columns: [
      namespace,
      name,
      { title: "Type", text: (service) => textAt(service, "spec", "type") },
      { title: "Address", text: (service) => textAt(service, "spec", "clusterIP") },
      { title: "Ports", text: servicePorts },
      { title: "Selector", text: (service) => labelText(recordAt(service, "spec", "selector")) },
      age,
    ],
  },
  {
    id: "events",
    title: "Events",
    one: "event",
    api: "/api/v1",
    namespaced: true,
    fleeting: true,
    columns: [...eventColumns.slice(0, 3), namespace, ...eventColumns.slice(3)],
  },
];

const nodeInfo = (title: string, field: string): Column => ({
  title,
  text: (node) => textAt(node, "status", "nodeInfo", field),
});
const amounts = (title: string, field: string): Column => ({
  title,
  text: (node) => {
    const amount = (of: string) => textAt(node, "status", field, of);
    return `${amount("cpu")} CPUs, ${bytesText(quantity(amount("memory")))}, ${amount("pods")} pods`;
  },
});

/** Nodes have a view of their own, and are objects like others. */
export const nodeKind: Kind = {
  id: "nodes",
  title: "Nodes",
  one: "node",
  api: "/api/v1",
  namespaced: false,
  columns: [
    name,
    { title: "Address", text: (node) => textAt(listAt(node, "status", "addresses")[0], "address") },
    { title: "Pod block", text: (node) => textAt(node, "spec", "podCIDR") },
    amounts("Capacity", "capacity"),
    amounts("Allocatable", "allocatable"),
    nodeInfo("Version", "kubeletVersion"),
    nodeInfo("Runtime", "containerRuntimeVersion"),
    nodeInfo("System", "osImage"),
    {
      title: "Taints",
      text: (node) =>
        listAt(node, "spec", "taints")
          .map((taint) => `${textAt(taint, "key")}=${textAt(taint, "value")}:${textAt(taint, "effect")}`)
          .join(", "),
    },
    age,
  ],
};

export const kindOf = (id: string): Kind | undefined => [...kinds, nodeKind].find((kind) => kind.id === id);

/** Path of the list in one namespace, or in all of them. */
export function listPath({ api, id, namespaced }: Kind, inNamespace: string): string {
  return namespaced && inNamespace !== ""
    ? `${api}/namespaces/${encodeURIComponent(inNamespace)}/${id}`
    : `${api}/${id}`;
}

export function objectPath(kind: Kind, inNamespace: string, object: string): string {
  return `${listPath(kind, inNamespace)}/${encodeURIComponent(object)}`;
}
