// Makes the kind, the framework that runs it, and the service of the REST API over both.

import { Framework } from "../../framework/loop/framework.ts";
import type { FrameworkDependencies, FrameworkOptions } from "../../framework/ports/dependencies.ts";
import type { WorkloadKind } from "../../workload/kinds/workload-kind.ts";
import { newIncarnation } from "../../workload/records/task-ids.ts";
import { KubernetesKind } from "../kubernetes-kind.ts";
import type { ClusterPki, KubernetesOptions } from "../kubernetes-options.ts";
import type { NodeRenderer } from "../rendering/current-renderer.ts";
import type { RunningClusterService } from "../views/cluster-service.ts";
import { ClusterApi } from "./cluster-api.ts";

export type SchedulerOptions = FrameworkOptions & KubernetesOptions;

export interface ClusterServiceDependencies extends Omit<FrameworkDependencies, "options" | "kinds"> {
  readonly options: SchedulerOptions;
  readonly pki: ClusterPki;
  /** Other kinds of workloads that run beside the clusters. */
  readonly otherKinds?: readonly WorkloadKind[] | undefined;
  /** For tests, to be another version of CKE. */
  readonly renderer?: NodeRenderer | undefined;
}

/**
 * ```ts
 * const clusters = createClusterService({
 *   options, store, clock, logger,
 *   pki: new PkiVault({ store, clock, logger }),
 *   connect: (hooks) => new SchedulerConnection({ ...hooks, detector, clock, logger }),
 * });
 * await clusters.start();
 * ```
 */
export function createClusterService(dependencies: ClusterServiceDependencies): RunningClusterService {
  return createScheduler(dependencies).clusters;
}

/** The same together with the framework, for the services of other kinds. */
export function createScheduler(dependencies: ClusterServiceDependencies): {
  readonly framework: Framework;
  readonly clusters: RunningClusterService;
} {
  const { options, pki, clock, incarnation = newIncarnation, otherKinds = [] } = dependencies;
  const kind = new KubernetesKind(dependencies);
  const framework = new Framework({ ...dependencies, kinds: [kind, ...otherKinds] });
  return { framework, clusters: new ClusterApi({ framework, kind, options, pki, clock, incarnation }) };
}
