// The types of KubeNodes, in the one place that defines them. They cross every border: bodies of the API, configurations, the
// executor's task.

/** Nodes that carry traffic between the cluster and the outside. They run no kubelet, so Kubernetes has no Node object of them. */
export const gatewayTypes = ["natgw"] as const;
export type GatewayType = (typeof gatewayTypes)[number];

/**
 * master: etcd and the control plane. node: runs pods. console: a terminal with the cluster's tools. natgw: what pods send outside passes it,
 * and takes another address there.
 */
export const nodeTypes = ["master", "node", "console", ...gatewayTypes] as const;
export type NodeType = (typeof nodeTypes)[number];

/** A master's data is its cluster's. */
export const isMaster = (type: string): type is "master" => type === "master";

export const isConsole = (type: string): type is "console" => type === "console";

export const gatewayTypeOf = (type: string): GatewayType | undefined => gatewayTypes.find((one) => one === type);

/** For text of another version, which may have types that this one does not know: those run pods, as far as anybody can tell. */
export const nodeTypeOf = (text: string): NodeType => nodeTypes.find((type) => type === text) ?? "node";
