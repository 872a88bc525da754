// The options of Kubernetes clusters, and what the kind needs from the rest of the scheduler.
import type { StoreOperation } from "../store/store.ts";
import type { ClusterConfiguration } from "./configuration/configuration.ts";
import type { ClusterInstance } from "./pki/cluster-instance.ts";
import type { ClusterAuthorities, NodeSecrets, NodeSecretsRequest } from "./pki/key-material.ts";
import type { RangePools } from "./ranges/range-texts.ts";

/** Flags that concern Kubernetes clusters, parsed and checked. */
export interface KubernetesOptions {
  /** -k8s_executor: file name. */
  readonly executor: string;
  /** -k8s_cfs */
  readonly cfsQuota: boolean;
  /** -k8s_docker_path */
  readonly dockerPath?: string | undefined;
  /** -k8s_lxcfs */
  readonly lxcfsPath?: string | undefined;
  /** -k8s_image_path: registry directory without name and tag; "" for local images. */
  readonly imagePath: string;
  /** -k8s_local_versions: versions of Kubernetes whose local images are on the agents; absent or empty: not given. */
  readonly localVersions?: readonly string[] | undefined;
  /** -k8s_registry */
  readonly registry?: { readonly domain: string; readonly ip: string } | undefined;
  /** Content behind -k8s_registry_cert; absent when there is none. */
  readonly registryCertificate?: Uint8Array | undefined;
  /** -k8s_spider_lb_endpoint */
  readonly spiderLbEndpoint?: string | undefined;
  /** -k8s_pod_pool, -k8s_service_pool */
  readonly pools?: RangePools | undefined;
  /** By version as in the file name (`cke.conf-<version>.yaml`). */
  readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
}

/** The part of PkiVault that the kind uses. */
export interface ClusterPki {
  authorities(instance: ClusterInstance): Promise<ClusterAuthorities>;
  nodeSecrets(instance: ClusterInstance, request: NodeSecretsRequest): Promise<NodeSecrets>;
  deleteOperations(cluster: string): Promise<readonly StoreOperation[]>;
  /** Of one node. */
  deleteNodeOperations(cluster: string, node: string): Promise<readonly StoreOperation[]>;
  /** Removes what is left of clusters that do not exist any more. */
  sweep(clusters: ReadonlySet<string>): Promise<void>;
}
