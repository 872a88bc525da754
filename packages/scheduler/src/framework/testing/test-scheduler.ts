// For tests: what boot/leader-runtime.ts makes for one term, over any store and connection. Tests may add other kinds of
// workloads, and be another version of CKE.
import type { SchedulerOptions } from "../../flags/framework-options.ts";
import { KubernetesKind } from "../../kubernetes/kubernetes-kind.ts";
import type { ClusterPki } from "../../kubernetes/kubernetes-options.ts";
import type { NodeRenderer } from "../../kubernetes/rendering/current-renderer.ts";
import { ClusterApi } from "../../kubernetes/service/cluster-api.ts";
import type { RunningClusterService } from "../../kubernetes/views/cluster-service.ts";
import type { WorkloadKind } from "../../workload/kinds/workload-kind.ts";
import { newIncarnation } from "../../workload/records/task-ids.ts";
import { Framework } from "../loop/framework.ts";
import type { FrameworkDependencies } from "../ports/dependencies.ts";

export interface TestSchedulerParts extends Omit<FrameworkDependencies, "options" | "kinds"> {
  readonly options: SchedulerOptions;
  readonly pki: ClusterPki;
  /** Other kinds of workloads that run beside the clusters. */
  readonly otherKinds?: readonly WorkloadKind[] | undefined;
  /** To be another version of CKE. */
  readonly renderer?: NodeRenderer | undefined;
}

export function testScheduler(parts: TestSchedulerParts): {
  readonly framework: Framework;
  readonly clusters: RunningClusterService;
} {
  const { options, pki, clock, incarnation = newIncarnation, otherKinds = [] } = parts;
  const kind = new KubernetesKind(parts);
  const framework = new Framework({ ...parts, kinds: [kind, ...otherKinds] });
  return { framework, clusters: new ClusterApi({ framework, kind, options, pki, clock, incarnation }) };
}

/** The clusters of a scheduler that runs nothing else. */
export const testClusters = (parts: TestSchedulerParts): RunningClusterService => testScheduler(parts).clusters;
