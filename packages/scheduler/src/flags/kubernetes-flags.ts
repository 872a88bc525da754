// The flags of KubeNodes: their image, configuration and surroundings.
import type { FlagRow } from "@cke/foundation/flags";
import { parsePool } from "../kubernetes/ranges/range-texts.ts";
import { isFileName, isHttpUrl, isRegistry } from "./flags-values.ts";

export const kubernetesFlags = [
  {
    name: "k8s_cfs",
    type: "bool",
    default: "false",
    meaning: "enforce KubeNode CPU limits as CFS quota (else as shares only)",
  },
  {
    name: "k8s_docker_path",
    type: "string",
    meaning: "host directory (xfs) mounted into the KubeNode as its dockerd's data root",
    allowed: "an absolute path",
    accepts: (text) => text.startsWith("/"),
  },
  {
    name: "k8s_executor",
    type: "string",
    default: "cke-k8s-exec",
    meaning: "file name of the Kubernetes executor",
    allowed: "a file name without a path",
    accepts: isFileName,
  },
  {
    name: "k8s_lxcfs",
    aliases: ["k8s_lxcfs_path"],
    type: "string",
    meaning:
      "host lxcfs directory mounted into KubeNodes, which then see their own memory, uptime and (with -k8s_cfs) CPUs instead of the host's",
    allowed: "an absolute path",
    accepts: (text) => text.startsWith("/"),
  },
  {
    name: "k8s_image_path",
    aliases: ["k8s_node_image"],
    type: "string",
    default: "reg.mg.hcbss/open",
    meaning: "registry directory of the KubeNode image, without name and tag; empty: local images",
    allowed: "empty, or a registry path without a tag, e.g. registry.example/open",
    accepts: (text) => text === "" || /^[A-Za-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._-]+)*\/?$/.test(text),
  },
  {
    name: "k8s_local_versions",
    type: "string",
    meaning:
      "comma list of the Kubernetes versions whose local image (-k8s_image_path empty or cke.local) has been built for the agents; without it: what executors tell of their hosts",
    allowed: "versions as in the names of the cke.conf files, like 1.37, separated by commas",
    accepts: (text) => /^\d+(\.\d+)+(,\d+(\.\d+)+)*$/.test(text),
  },
  {
    name: "k8s_config",
    aliases: ["k8s_config_path"],
    type: "string",
    default: "./default_cfg",
    meaning: "directory of the cke.conf-<version>.yaml files",
  },
  {
    name: "k8s_pod_pool",
    type: "string",
    meaning:
      "comma list of ranges like 10.128.0.0/9: a cluster whose body has no pod_cidr gets a /16 of them (10.128.0.0/9:20: a /20) that no other cluster has; without it CLUSTER_CIDR of cke.conf",
    allowed:
      "IPv4 ranges with host bits zero, each with the length (8 to 24) of a cluster's part or without, separated by commas",
    accepts: (text) => parsePool("pods", text) !== undefined,
  },
  {
    name: "k8s_service_pool",
    type: "string",
    meaning:
      "comma list of ranges like 10.96.0.0/12: a cluster whose body has no service_cidr gets a /16 of them (10.96.0.0/12:20: a /20) that no other cluster has; without it SERVICE_CIDR of cke.conf",
    allowed:
      "IPv4 ranges with host bits zero, each with the length (12 to 28) of a cluster's part or without, separated by commas",
    accepts: (text) => parsePool("services", text) !== undefined,
  },
  {
    name: "k8s_registry",
    type: "string",
    default: "reg.mg.hcbss:10.124.142.43",
    meaning:
      "domain:ip of the Docker registry: an /etc/hosts entry of every KubeNode, and DOCKER_REGISTRY=<domain>; empty: none",
    allowed: "empty, or domain:ip, e.g. reg.example:10.0.0.1",
    accepts: (text) => text === "" || isRegistry(text),
  },
  {
    name: "k8s_registry_cert",
    type: "string",
    default: "/cke-scheduler/reg.mg.hcbss.crt",
    meaning: "that registry's certificate (PEM): a local file or an http(s) URL; empty: none",
    accepts: () => true,
  },
  {
    name: "k8s_spider_lb_endpoint",
    type: "string",
    meaning:
      "spider load balancer, e.g. http://10.124.142.49:65334; without it ingress is by published container ports",
    allowed: "an http:// or https:// URL",
    accepts: isHttpUrl,
  },
] as const satisfies readonly FlagRow[];
