// The Mesos side of the scheduler. `createClusterService` is all that main.ts needs.
import type { ClusterService } from "../../kubernetes/views/cluster-service.ts";
import type { FrameworkDependencies } from "../loop/dependencies.ts";
import { Framework } from "../loop/framework.ts";

export { loadConfigurations } from "../../kubernetes/configuration/configuration-directory.ts";
export type {
  ClusterPki,
  ConnectionHooks,
  ExecutorFiles,
  FrameworkDependencies,
  FrameworkOptions,
  MesosConnection,
} from "../loop/dependencies.ts";

export interface RunningClusterService extends ClusterService {
  /** Reads the store and begins to subscribe; returns when the store is read. */
  start(): Promise<void>;
  /** Lets go of Mesos; every task goes on running. */
  stop(): Promise<void>;
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
export function createClusterService(dependencies: FrameworkDependencies): RunningClusterService {
  const framework = new Framework(dependencies);
  const { clusters } = framework;
  return {
    start: () => framework.start(),
    stop: () => framework.stop(),
    create: (body) => clusters.create(body),
    list: () => clusters.list(),
    statusCounts: () => clusters.statusCounts(),
    get: (name) => clusters.get(name),
    state: (name) => clusters.state(name),
    pending: (name) => clusters.pending(name),
    json: (name) => clusters.json(name),
    remove: (name) => clusters.remove(name),
    changePlan: (name, action, target, by) => clusters.changePlan(name, action, target, by),
    expect: (name, node, expect, by) => clusters.expect(name, node, expect, by),
    adminToken: (name) => clusters.adminToken(name),
    kubeconfig: (name) => clusters.kubeconfig(name),
    supportedVersions: () => clusters.supportedVersions(),
    subscribeLog: (name, listener) => clusters.subscribeLog(name, listener),
    connected: () => clusters.connected(),
    unsubscribed: () => clusters.unsubscribed(),
    unwritable: () => clusters.unwritable(),
  };
}
