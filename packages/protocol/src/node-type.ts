// The types of KubeNodes, in the one place that defines them. They cross every border: bodies of the API, configurations, the
// executor's task.

/** master: etcd and the control plane. node: runs pods. console: a terminal with the cluster's tools. */
export const nodeTypes = ["master", "node", "console"] as const;
export type NodeType = (typeof nodeTypes)[number];

/** A master's data is its cluster's. */
export const isMaster = (type: string): type is "master" => type === "master";

export const isConsole = (type: string): type is "console" => type === "console";

/** For text of another version, which may have types that this one does not know: those run pods, as far as anybody can tell. */
export const nodeTypeOf = (text: string): NodeType => nodeTypes.find((type) => type === text) ?? "node";
