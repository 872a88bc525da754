// What the framework needs from the rest of the scheduler: typed options and small interfaces to I/O.
import type { Clock, Logger, LogLevel } from "@cke/foundation";
import type { ClusterConfiguration } from "../domain/configuration.ts";

/** Flags that concern the framework, parsed and checked. */
export interface FrameworkOptions {
  /** -name */
  readonly name: string;
  /** User that Mesos runs executors as. */
  readonly user: string;
  /** -roles; at least one. */
  readonly roles: readonly string[];
  /** -failover, seconds. */
  readonly failoverSeconds: number;
  /** -framework_url; absent: the scheduler's own URL. */
  readonly webuiUrl?: string | undefined;
  readonly principal?: string | undefined;
  /** Hostname that Mesos shows for the framework. */
  readonly hostname?: string | undefined;
  /** -k8s_executor: file name. */
  readonly executor: string;
  /** -executor_url as the base of `<base>/exec/<name>`, with scheme, without a trailing slash. */
  readonly executorUrl: string;
  /** -k8s_cfs */
  readonly cfsQuota: boolean;
  /** -k8s_docker_path */
  readonly dockerPath?: string | undefined;
  /** -k8s_lxcfs */
  readonly lxcfsPath?: string | undefined;
  /** -k8s_image_path: registry directory without name and tag; "" for local images. */
  readonly imagePath: string;
  /** -k8s_registry */
  readonly registry?: { readonly domain: string; readonly ip: string } | undefined;
  /** Content behind -k8s_registry_cert; absent when there is none. */
  readonly registryCertificate?: Uint8Array | undefined;
  /** -k8s_spider_lb_endpoint */
  readonly spiderLbEndpoint?: string | undefined;
  /** Log level of executors. */
  readonly logLevel: LogLevel;
  /** By version as in the file name (`cke.conf-<version>.yaml`). */
  readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
}

export interface StoredEntry {
  readonly key: string;
  readonly value: unknown;
}

export type StoreChange =
  | { readonly kind: "put"; readonly key: string; readonly value: unknown }
  | { readonly kind: "delete"; readonly key: string };

/** The part of the store that the framework uses. Values are JSON. */
export interface FrameworkStore {
  get(key: string): Promise<unknown>;
  /** Entries whose key begins with the prefix, sorted by key. */
  list(prefix: string): Promise<readonly StoredEntry[]>;
  /** All or nothing; resolves when durable. */
  commit(changes: readonly StoreChange[]): Promise<void>;
}

/** Who a node is, for its certificates. */
export interface NodeIdentity {
  readonly cluster: string;
  readonly node: string;
  readonly nodeType: "master" | "node" | "console";
  readonly ip: string;
  readonly masterIps: readonly string[];
  /** How this node reaches the API server: `https://<ip>:6443`; masters use 127.0.0.1. */
  readonly apiserverUrl: string;
  /** First address of the service range. */
  readonly serviceIp: string;
  readonly registryCertificate?: Uint8Array | undefined;
}

/**
 * Secrets of a cluster. `authorities` is JSON that only the store and this interface see.
 * Secret names: kubernetes-ca.crt, etcd-ca.crt, front-proxy-ca.crt, sa.pub, sa.key, etcd.crt/.key, apiserver.crt/.key,
 * apiserver-etcd-client.crt/.key, apiserver-kubelet-client.crt/.key, front-proxy-client.crt/.key,
 * kube-controller-manager.kubeconfig, kube-scheduler.kubeconfig, kubelet.crt/.key, kubelet.kubeconfig,
 * kube-proxy.kubeconfig, admin.kubeconfig, tokens.csv, registry.crt.
 */
export interface ClusterPki {
  createClusterAuthorities(cluster: string): Promise<unknown>;
  /** Everything that a node of this type may have, by secret name. */
  issueNodeSecrets(authorities: unknown, identity: NodeIdentity): Promise<Readonly<Record<string, Uint8Array>>>;
  adminToken(authorities: unknown): string;
  kubeconfig(
    authorities: unknown,
    target: { readonly cluster: string; readonly apiserverUrl: string },
  ): Promise<string>;
}

/** Where Mesos fetches an executor from. */
export interface ExecutorFiles {
  /** `path` relative to the executor URL's base, e.g. `exec/<name>?sha256=…`; undefined: no content-addressed URL. */
  urlOf(name: string): string | undefined;
}

export interface FrameworkDependencies {
  readonly options: FrameworkOptions;
  readonly store: FrameworkStore;
  readonly pki: ClusterPki;
  readonly execFiles?: ExecutorFiles | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}
