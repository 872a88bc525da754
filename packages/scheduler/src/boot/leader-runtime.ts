// What a leader has for the length of one term, made over the term's store: keys, framework, connection to Mesos.
import type { Clock, Logger } from "@cke/foundation";
import type { ChannelObserver } from "../channel/channel-observer.ts";
import { Channels } from "../channel/channels.ts";
import { UnitChannels } from "../channel/unit-channels.ts";
import type { SchedulerOptions } from "../flags/framework-options.ts";
import type { ConnectionHooks, ExecutorFiles, MesosConnection } from "../framework/interfaces/dependencies.ts";
import { Framework } from "../framework/loop/framework.ts";
import { MasterClient } from "../kubernetes/access/kubernetes-client.ts";
import { MasterWatches } from "../kubernetes/access/kubernetes-watch.ts";
import { ChannelMasters } from "../kubernetes/access/master-connections.ts";
import { CertifiedMasters } from "../kubernetes/certificates/certified-masters.ts";
import { ChannelServing } from "../kubernetes/certificates/channel-serving.ts";
import { ServingCertificates } from "../kubernetes/certificates/serving-certificates.ts";
import { ServingIssuer } from "../kubernetes/certificates/serving-issuer.ts";
import { knownCluster } from "../kubernetes/cluster/cluster-record.ts";
import { etcdTransport } from "../kubernetes/etcd/etcd-transport.ts";
import { FloatingAddresses } from "../kubernetes/floating/floating-addresses.ts";
import { KubernetesKind } from "../kubernetes/kubernetes-kind.ts";
import { LoadBalancer } from "../kubernetes/load-balancer/load-balancer.ts";
import { SpiderClient } from "../kubernetes/load-balancer/spider-client.ts";
import { EtcdActions, type EtcdOfClusters } from "../kubernetes/masters/etcd-actions.ts";
import { MasterRequests } from "../kubernetes/masters/master-requests.ts";
import { StoredChanges } from "../kubernetes/masters/stored-changes.ts";
import { ClusterNodes } from "../kubernetes/node-requests/cluster-nodes.ts";
import { PkiVault } from "../kubernetes/pki/pki-vault.ts";
import { ProcessFiles } from "../kubernetes/process-files/process-files.ts";
import { SandboxFiles } from "../kubernetes/process-files/sandbox-files.ts";
import { rangesOf } from "../kubernetes/ranges/cluster-ranges.ts";
import { ClusterApi } from "../kubernetes/service/cluster-api.ts";
import { ProcessApi } from "../kubernetes/service/process-api.ts";
import { ServiceAddresses } from "../kubernetes/services/service-addresses.ts";
import { leaderClient, leaderEtcd, leaderServing } from "../leadership/leader-access.ts";
import { leaderConnection } from "../leadership/leader-connection.ts";
import type { LeadersWork } from "../leadership/leadership.ts";
import type { Term } from "../store/election.ts";
import type { VmOptions } from "../vm/rendering/vm-options.ts";
import { VmApi } from "../vm/service/vm-api.ts";
import { snapshotNames } from "../vm/service/vm-calls.ts";
import { VmControlApi } from "../vm/service/vm-control-api.ts";
import { VmKind } from "../vm/vm-kind.ts";
import { newIncarnation } from "../workload/records/task-ids.ts";

export interface LeaderWorkOptions {
  readonly options: SchedulerOptions;
  readonly vm: VmOptions;
  /** Makes a connection to the Mesos masters that asks `mayCall` before it sends anything. */
  readonly connect: (hooks: ConnectionHooks & { readonly mayCall: () => boolean }) => MesosConnection;
  readonly execFiles: ExecutorFiles | undefined;
  /** This scheduler's own address: where executors dial. */
  readonly ownUrl: () => string;
  /** Counts what the channels of every term do. */
  readonly channelObserver?: ChannelObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads the store and begins to subscribe. Throws when the store cannot be read; nothing is left running then. */
export async function startLeaderWork(term: Term, work: LeaderWorkOptions): Promise<LeadersWork> {
  const { options, connect, execFiles, ownUrl, channelObserver, clock, logger } = work;
  const { store } = term;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined); // raced by the leadership, which may not have got it yet
  const channels = new Channels({
    url: ownUrl,
    send: (unit, message) => service.sendMessage(unit, message),
    observer: channelObserver,
    clock,
    logger,
  });
  const unitChannels = new UnitChannels({
    channels,
    locate: (workload, unit) =>
      framework.parts.ledger.workload(workload)?.kind === vmKind.name
        ? vms.channelUnit(workload, unit)
        : service.channelUnit(workload, unit),
  });
  const pki = new PkiVault({ store, clock, logger });
  const masters = new ChannelMasters({
    cluster: (name) => knownCluster(framework.parts.ledger, name),
    units: (cluster) => framework.parts.ledger.units(cluster),
    apiserverOf: ({ spec }, master) =>
      kubernetes.renderings.outline(spec, master)?.processes.find(({ type }) => type === "apiserver")?.name,
    openChannel: async (...asked) => await unitChannels.open(...asked),
    pki,
    clock,
  });
  const certified = new CertifiedMasters();
  const { spiderLbEndpoint: endpoint } = options;
  const tell = (level: "info" | "warning", cluster: string, words: string) =>
    framework.parts.logs.line(level, cluster, words);
  const loadBalancer = new LoadBalancer({
    store,
    client: endpoint === undefined ? undefined : new SpiderClient({ endpoint, mayCall: () => term.holds() }),
    tell,
    certified,
    clock,
    logger,
  });
  const servingCertificates = new ServingCertificates({
    certified,
    late: (cluster) => loadBalancer.late(cluster),
    masters: leaderServing(term, new ChannelServing({ masters, channels: unitChannels })),
    issuer: new ServingIssuer({
      pki,
      renderings: () => kubernetes.renderings,
      vip: (cluster) => loadBalancer.view(cluster)?.vip ?? [],
    }),
    tell,
    clock,
  });
  const client = leaderClient(term, new MasterClient(masters));
  const watches = new MasterWatches(masters);
  const services = new ServiceAddresses({ store, client, watches, tell, clock, logger });
  // Every kind of workload that this program runs. A further kind is made here, and given to the framework.
  const etcd: EtcdOfClusters = leaderEtcd(term, (cluster, signal) => etcdTransport(masters, cluster, signal));
  const kind = () => kubernetes;
  const kubernetes: KubernetesKind = new KubernetesKind({
    options,
    store,
    pki,
    client,
    services,
    loadBalancer,
    servingCertificates,
    masters: new EtcdActions({ etcd, changes: new StoredChanges({ framework: () => framework, kind, clock }), kind }),
    clock,
    logger,
  });
  const vmKind = new VmKind({ options: work.vm, store, channels: unitChannels, clock, logger });
  const framework = new Framework({
    kinds: [kubernetes, vmKind],
    options,
    store,
    connect: (hooks) => {
      const subscribe = async () => {
        // A subscription takes the framework away from the scheduler that has it, so a clock alone must not decide it.
        await term.confirm();
        return await hooks.subscribe();
      };
      return leaderConnection(term, connect({ ...hooks, subscribe, mayCall: () => term.holds() }));
    },
    execFiles,
    onExecutorMessage: (executorId, message) => channels.receive(executorId, message),
    onUnitChanged: (workload, unit) => unitChannels.changed(workload, unit),
    clock,
    logger,
    onFatal: reject,
  });
  const service = new ClusterApi({
    framework,
    kind: kubernetes,
    options,
    pki,
    ownUrl,
    clock,
    incarnation: newIncarnation,
  });
  const processes = new ProcessApi({ framework, kind: kubernetes, configurations: options.configurations, clock });
  const nodes = new ClusterNodes({
    framework,
    kind: kubernetes,
    options,
    masters: new MasterRequests(etcd),
    clock,
    incarnation: newIncarnation,
  });
  const vms = new VmApi({
    ...{ framework, kind: vmKind, options, clock, incarnation: newIncarnation },
    snapshots: snapshotNames(unitChannels),
  });
  const vmControl = new VmControlApi({
    ...{ framework, kind: vmKind, vms, channels: unitChannels, options, clock },
    incarnation: newIncarnation,
  });
  const floating = new FloatingAddresses({
    ...{ framework, client: kubernetes.client, clock, logger },
    ranges: (spec) => rangesOf(spec, options.configurations.get(spec.version)),
  });
  try {
    await service.start();
    floating.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  const { ledger } = framework.parts;
  const clusterNodes = (name: string) => ledger.workload(name)?.spec.units.map((unit) => unit.name);
  const former = async (cluster: string, node: string) => await kubernetes.formerNodes.find(cluster, node);
  const files = new ProcessFiles({
    cluster: clusterNodes,
    former,
    unit: (cluster, node) => ledger.unit(cluster, node),
    processes: (cluster, node) => {
      const workload = ledger.workload(cluster);
      const outline = workload && kubernetes.renderings.outline(workload.spec, node);
      return outline?.processes.map(({ name }) => name);
    },
    channels: unitChannels,
  });
  const sandboxFiles = new SandboxFiles({
    cluster: clusterNodes,
    former,
    unit: (cluster, node) => ledger.unit(cluster, node),
    agentFiles: framework.parts.agentFiles,
    clock,
  });
  return {
    service,
    files,
    sandboxFiles,
    processes,
    channels: unitChannels,
    masters,
    nodes,
    floating,
    vms,
    vmControl,
    failed,
    stop: async () => {
      masters.stop();
      servingCertificates.stop();
      await services.stop();
      await loadBalancer.stop();
      channels.stop();
      await floating.stop();
      await service.stop();
    },
  };
}
