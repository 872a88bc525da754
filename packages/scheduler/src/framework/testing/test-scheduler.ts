// For tests: what boot/leader-runtime.ts makes for one term, over any store and connection. Tests may add other kinds of
// workloads, and be another version of CKE.
import { noChannels } from "../../channel/testing/no-channels.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { SchedulerOptions } from "../../flags/framework-options.ts";
import type { KubernetesClient } from "../../kubernetes/access/kubernetes-client.ts";
import { unreachableClient } from "../../kubernetes/access/testing/unreachable-client.ts";
import { CertifiedMasters } from "../../kubernetes/certificates/certified-masters.ts";
import { FloatingAddresses } from "../../kubernetes/floating/floating-addresses.ts";
import { KubernetesKind } from "../../kubernetes/kubernetes-kind.ts";
import type { ClusterPki } from "../../kubernetes/kubernetes-options.ts";
import { LoadBalancer } from "../../kubernetes/load-balancer/load-balancer.ts";
import type { LoadBalancerClient } from "../../kubernetes/load-balancer/spider-client.ts";
import { EtcdActions, type EtcdOfClusters } from "../../kubernetes/masters/etcd-actions.ts";
import { MasterRequests } from "../../kubernetes/masters/master-requests.ts";
import { StoredChanges } from "../../kubernetes/masters/stored-changes.ts";
import { ClusterNodes } from "../../kubernetes/node-requests/cluster-nodes.ts";
import { rangesOf } from "../../kubernetes/ranges/cluster-ranges.ts";
import type { NodeRenderer } from "../../kubernetes/rendering/current-renderer.ts";
import { ClusterApi } from "../../kubernetes/service/cluster-api.ts";
import { ProcessApi } from "../../kubernetes/service/process-api.ts";
import type { NodeActions } from "../../kubernetes/steps/node-action.ts";
import type { RunningClusterService } from "../../kubernetes/views/cluster-service.ts";
import type { NodeService } from "../../kubernetes/views/node-service.ts";
import type { ProcessService } from "../../kubernetes/views/process-service.ts";
import { VmApi } from "../../vm/service/vm-api.ts";
import { snapshotNames } from "../../vm/service/vm-calls.ts";
import { VmControlApi } from "../../vm/service/vm-control-api.ts";
import { sampleVmOptions } from "../../vm/testing/sample-vms.ts";
import { VmKind } from "../../vm/vm-kind.ts";
import type { WorkloadKind } from "../../workload/kinds/workload-kind.ts";
import { newIncarnation } from "../../workload/records/task-ids.ts";
import type { FrameworkDependencies } from "../interfaces/dependencies.ts";
import { Framework } from "../loop/framework.ts";

export interface TestSchedulerParts extends Omit<FrameworkDependencies, "options" | "kinds"> {
  readonly options: SchedulerOptions;
  readonly pki: ClusterPki;
  /** The API servers of its clusters; default: none can be reached. */
  readonly client?: KubernetesClient | undefined;
  /** Default: there is no load balancer. */
  readonly balancer?: LoadBalancerClient | undefined;
  /** Other kinds of workloads that run beside the clusters. */
  readonly otherKinds?: readonly WorkloadKind[] | undefined;
  /** To be another version of CKE. */
  readonly renderer?: NodeRenderer | undefined;
  /** The etcds of its clusters; default: none can be reached. */
  readonly etcd?: EtcdOfClusters | undefined;
  /** To executors of VMs; default: none can be opened. */
  readonly channels?: Pick<WorkloadChannels, "open"> | undefined;
  /** What plans may do to nodes. */
  readonly actions?: NodeActions | undefined;
}

const noEtcd: EtcdOfClusters = () => ({ post: async (node) => await Promise.reject(new Error(`no etcd at ${node}`)) });

export function testScheduler(parts: TestSchedulerParts): {
  readonly framework: Framework;
  readonly clusters: RunningClusterService;
  readonly processes: ProcessService;
  readonly nodes: NodeService;
  readonly floating: FloatingAddresses;
  readonly vms: VmApi;
  readonly vmControl: VmControlApi;
} {
  const { options, pki, clock, incarnation = newIncarnation, otherKinds = [], channels = noChannels } = parts;
  const ownUrl = () => "http://scheduler:8512";
  const { store, logger, balancer } = parts;
  const tell = (level: "info" | "warning", cluster: string, words: string) =>
    framework.parts.logs.line(level, cluster, words);
  const loadBalancer = new LoadBalancer({
    store,
    client: balancer,
    tell,
    certified: new CertifiedMasters(),
    clock,
    logger,
  });
  const etcd = parts.etcd ?? noEtcd;
  const kindOf = () => kind;
  const masters = new EtcdActions({
    etcd,
    changes: new StoredChanges({ framework: () => framework, kind: kindOf, clock }),
    kind: kindOf,
  });
  const client = parts.client ?? unreachableClient;
  const kind: KubernetesKind = new KubernetesKind({ ...parts, client, loadBalancer, masters });
  const vmKind = new VmKind({ ...parts, options: sampleVmOptions, channels });
  const framework: Framework = new Framework({ ...parts, kinds: [kind, vmKind, ...otherKinds] });
  const vms = new VmApi({
    ...{ framework, kind: vmKind, options, clock, incarnation },
    snapshots: snapshotNames(channels),
  });
  return {
    framework,
    clusters: new ClusterApi({ framework, kind, options, pki, ownUrl, clock, incarnation }),
    processes: new ProcessApi({ framework, kind, configurations: options.configurations, clock }),
    nodes: new ClusterNodes({
      ...{ framework, kind, options, clock, incarnation },
      masters: new MasterRequests(etcd),
    }),
    floating: new FloatingAddresses({
      ...{ framework, client, clock, logger },
      ranges: (spec) => rangesOf(spec, options.configurations.get(spec.version)),
    }),
    vms,
    vmControl: new VmControlApi({ framework, kind: vmKind, vms, channels, options, clock, incarnation }),
  };
}

/** The clusters of a scheduler that runs nothing else. */
export const testClusters = (parts: TestSchedulerParts): RunningClusterService => testScheduler(parts).clusters;
