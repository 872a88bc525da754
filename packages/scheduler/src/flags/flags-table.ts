// Every flag of cke-scheduler, one row each: this table drives parsing, -help, the environment names and the docs.
// Rows up to vm_executor are the interface that operators know; those after it are ours.

import type { FlagRow } from "@cke/foundation/flags";
import {
  isBaseUrl,
  isFileName,
  isHostList,
  isHostPort,
  isHttpUrl,
  isMaster,
  isPort,
  isReachableHost,
  isRegistry,
  isWholeNumber,
  levels,
  storageTypes,
} from "./flags-values.ts";
export const flagTable = [
  {
    name: "storage_type",
    type: "string",
    default: "empty",
    meaning: "where state is kept: empty (memory: a restart forgets every cluster), sqlite (one file), etcd, zookeeper",
    allowed: "empty, sqlite, etcd or zookeeper",
    accepts: (text) => storageTypes.includes(text),
  },
  {
    name: "storage_servers",
    type: "string",
    meaning:
      "its address: a file path for sqlite, http://1.2.3.4:2379,… for etcd, h1:2181,h2:2181/chroot for zookeeper (without /chroot: /cke/<name>)",
  },
  {
    name: "storage_prefix",
    type: "string",
    meaning: "etcd: where this framework's keys begin; without it: /cke/<name>/",
    allowed: "a path that begins with /, without spaces",
    accepts: (text) => /^\/[^\s/]\S*$/.test(text),
  },
  { name: "storage_ca_file", type: "string", meaning: "etcd over https: PEM file of the authorities to trust" },
  {
    name: "storage_cert_file",
    type: "string",
    meaning: "etcd over https: PEM file of the client certificate, with -storage_key_file",
  },
  { name: "storage_key_file", type: "string", meaning: "PEM file of the client certificate's private key" },
  { name: "storage_user", type: "string", meaning: "user of etcd, or of ZooKeeper's digest authentication" },
  { name: "storage_password_file", type: "string", meaning: "file with that user's password" },
  {
    name: "leader_ttl",
    type: "int",
    default: "10",
    meaning: "etcd and zookeeper: seconds after which another scheduler takes over from one that is not heard of",
    allowed: "a whole number of seconds, 3 to 300",
    accepts: (text) => isWholeNumber(text) && Number(text) >= 3 && Number(text) <= 300,
  },
  {
    name: "listen",
    type: "string",
    default: "0.0.0.0:8512",
    meaning:
      "address of the REST API, which has no authentication; port 0 takes a free one; with -master local the default is 127.0.0.1:8512",
    allowed: "host:port, e.g. 0.0.0.0:8512",
    accepts: isHostPort,
  },
  {
    name: "master",
    type: "string",
    meaning: "Mesos master: host:port, a comma list, zk://h1:2181,h2:2181/mesos, or local for the embedded one",
    allowed: "host:port, a comma list of them, zk://host:port/path, or local",
    accepts: isMaster,
  },
  {
    name: "name",
    type: "string",
    default: "cke-framework",
    meaning: "framework name in Mesos",
    allowed: "1 to 128 characters without spaces",
    accepts: (text) => /^\S{1,128}$/.test(text),
  },
  {
    name: "roles",
    type: "string",
    default: "*",
    meaning: "comma list of Mesos roles",
    allowed: "a comma list of role names (no spaces, not empty, none beginning with -)",
    accepts: (text) => text.split(",").every((role) => /^[^\s-][^\s]*$/.test(role.trim())),
  },
  {
    name: "service_host",
    type: "string",
    default: "$HOST",
    environmentLookup: true,
    meaning:
      "address that others reach this scheduler at; without it and $HOST: this host's first non-loopback address",
    allowed: "a host name or an IP address that others can reach, not 0.0.0.0",
    accepts: isReachableHost,
  },
  {
    name: "service_port",
    type: "string",
    default: "$PORT",
    environmentLookup: true,
    meaning: "port that others reach this scheduler at; without it and $PORT: the port of -listen",
    allowed: "a port number, 1 to 65535",
    accepts: (text) => isPort(text) && Number(text) > 0,
  },
  {
    name: "failover",
    type: "int",
    default: "86000",
    meaning: "seconds that the Mesos master keeps the framework's tasks while the scheduler is away",
    allowed: "a whole number of seconds, 0 to 999999999",
    accepts: isWholeNumber,
  },
  {
    name: "log_level",
    type: "string",
    default: "INFO",
    meaning: "error, warning, info or debug, in any case",
    allowed: "error, warning, info or debug",
    accepts: (text) => levels.includes(text.toLowerCase()),
  },
  {
    name: "framework_url",
    type: "string",
    meaning: "web UI URL registered in Mesos; without it: this scheduler's help page",
    allowed: "an http:// or https:// URL",
    accepts: isHttpUrl,
  },
  {
    name: "executor_url",
    type: "string",
    meaning: "base URL of executor downloads, <base>/exec/<name>; without it: http://service_host:service_port",
    allowed: "an http:// or https:// URL, or host:port",
    accepts: isBaseUrl,
  },
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
      "host lxcfs directory mounted into KubeNodes, which then see their own memory and CPUs instead of the host's",
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
    allowed: "versions like 1.37, separated by commas",
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
  {
    name: "vm_executor",
    type: "string",
    default: "cke-vm-exec",
    meaning: "file name of the VM executor",
    allowed: "a file name without a path",
    accepts: isFileName,
  },
  {
    name: "exec_dir",
    type: "string",
    meaning:
      "directory of the executors for download; without it: exec/ beside this program, or dist/exec in a checkout",
  },
  {
    name: "allowed_hosts",
    type: "string",
    meaning:
      "comma list of further host names or addresses that clients may use in URLs of the API, e.g. those of a load balancer; its own are always allowed, any other is 421",
    allowed: "a comma list of host names and IP addresses, without ports",
    accepts: isHostList,
  },
  {
    name: "mesos_user",
    type: "string",
    default: "root",
    meaning: "operating-system user that agents run executors as",
  },
  { name: "mesos_principal", type: "string", meaning: "principal for authentication at the Mesos master" },
  {
    name: "mesos_secret_file",
    type: "string",
    meaning: "file with that principal's secret (a file, so that the secret is in no process list)",
  },
  {
    name: "mesos_ca_file",
    aliases: ["mesos_ca"],
    type: "string",
    meaning:
      "PEM file of the authorities to trust for https:// masters; with it, masters found through zk:// are spoken to over https",
  },
  {
    name: "mesos_cert_file",
    type: "string",
    meaning: "PEM file of this scheduler's own certificate, for https:// masters that ask for one",
  },
  { name: "mesos_key_file", type: "string", meaning: "PEM file of that certificate's private key" },
  {
    name: "partition_grace",
    type: "int",
    default: "600",
    meaning:
      "seconds that the agent of a node or console may be out of reach before it is launched elsewhere; 0: never (masters never are)",
    allowed: "a whole number of seconds",
    accepts: isWholeNumber,
  },
  {
    name: "drain_timeout",
    type: "int",
    default: "10",
    meaning: "seconds that a stopping scheduler lets running requests finish",
    allowed: "a whole number of seconds",
    accepts: isWholeNumber,
  },
  {
    name: "local_agents",
    type: "int",
    default: "1",
    meaning: "-master local: number of embedded agents on this host",
    allowed: "a whole number, 1 to 64",
    accepts: (text) => isWholeNumber(text) && Number(text) >= 1 && Number(text) <= 64,
  },
  {
    name: "local_hostname",
    type: "string",
    meaning: "-master local: host name of the agents (numbered when there are several); without it: this host's name",
    allowed: "a host name or an IP address",
    accepts: (text) => /^[A-Za-z0-9.:-]+$/.test(text),
  },
  {
    name: "local_resources",
    type: "string",
    meaning:
      "-master local: resources of an agent, e.g. cpus:8;mem:16384;ports:[31000-32000]; what it does not name is this host's",
    allowed: "name:value pairs joined by ;",
    accepts: (text) => text.split(";").every((part) => /^[^:\s]+:\S+$/.test(part.trim())),
  },
  {
    name: "local_attributes",
    type: "string",
    meaning: "-master local: attributes of the agents, e.g. rack:a;zone:1",
    allowed: "name:value pairs joined by ;",
    accepts: (text) => text.split(";").every((part) => /^[^:\s]+:\S+$/.test(part.trim())),
  },
  {
    name: "local_work_dir",
    type: "string",
    meaning:
      "-master local: directory of the embedded Mesos; without it: beside the sqlite file, else below the temporary directory",
  },
  {
    name: "local_master_listen",
    type: "string",
    default: "127.0.0.1:0",
    meaning: "-master local: address of the embedded master; port 0 takes a free one",
    allowed: "host:port",
    accepts: isHostPort,
  },
] as const satisfies readonly FlagRow[];

/** Name of the environment variable of a flag. */
export function environmentName(flag: string): string {
  return `CKE_${flag.toUpperCase()}`;
}

export type Row = (typeof flagTable)[number];
export type FlagName = Row["name"];
