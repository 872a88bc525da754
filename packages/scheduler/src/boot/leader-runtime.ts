// What a leader has for the length of one term, made over the term's store: keys, framework, connection to Mesos.
import type { Clock, Logger } from "@cke/foundation";
import { Channels } from "../channel/channels.ts";
import type { SchedulerOptions } from "../flags/framework-options.ts";
import { Framework } from "../framework/loop/framework.ts";
import type { ConnectionHooks, ExecutorFiles, MesosConnection } from "../framework/ports/dependencies.ts";
import { KubernetesKind } from "../kubernetes/kubernetes-kind.ts";
import { PkiVault } from "../kubernetes/pki/pki-vault.ts";
import { ClusterApi } from "../kubernetes/service/cluster-api.ts";
import { leaderConnection } from "../leadership/leader-connection.ts";
import type { LeadersWork } from "../leadership/leadership.ts";
import type { Term } from "../store/election.ts";
import { newIncarnation } from "../workload/records/task-ids.ts";

export interface LeaderWorkOptions {
  readonly options: SchedulerOptions;
  /** Makes a connection to the Mesos masters that asks `mayCall` before it sends anything. */
  readonly connect: (hooks: ConnectionHooks & { readonly mayCall: () => boolean }) => MesosConnection;
  readonly execFiles: ExecutorFiles | undefined;
  /** This scheduler's own address: where executors dial. */
  readonly ownUrl: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads the store and begins to subscribe. Throws when the store cannot be read; nothing is left running then. */
export async function startLeaderWork(term: Term, work: LeaderWorkOptions): Promise<LeadersWork> {
  const { options, connect, execFiles, ownUrl, clock, logger } = work;
  const { store } = term;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined); // raced by the leadership, which may not have got it yet
  const channels = new Channels({
    url: ownUrl,
    send: (unit, message) => service.sendMessage(unit, message),
    clock,
    logger,
  });
  const pki = new PkiVault({ store, clock, logger });
  // Every kind of workload that this program runs. A further kind is made here, and given to the framework.
  const kubernetes = new KubernetesKind({ options, store, pki, clock, logger });
  const framework = new Framework({
    kinds: [kubernetes],
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
    clock,
    logger,
    onFatal: reject,
  });
  const service = new ClusterApi({ framework, kind: kubernetes, options, pki, clock, incarnation: newIncarnation });
  try {
    await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return {
    service,
    channels: {
      open: async (cluster, node, signal) => await channels.open(service.channelUnit(cluster, node), signal),
      dial: (...asked) => channels.dial(...asked),
    },
    failed,
    stop: async () => {
      channels.stop();
      await service.stop();
    },
  };
}
