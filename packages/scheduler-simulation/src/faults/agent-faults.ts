// Faults of hosts: of agents, of the network to them, of executors and of containers.
import { containersOn } from "../hosts/container.ts";
import type { Fault, FaultContext } from "./fault-context.ts";

/**
 * An operator does not mark an agent gone so soon after one of its host has lost its id: CKE may not have learned of the new id, and does not
 * hear that it was marked gone with what the host has.
 */
const followedWithinMs = 1_800_000;

export function agentFaults(context: FaultContext): readonly Fault[] {
  const { world } = context;
  const { mesos } = world;
  /** When the agents of these hosts lost their ids. */
  const forgotten = new Map<string, number>();
  const isFollowed = (hostname: string) =>
    world.clock.now() - (forgotten.get(hostname) ?? Number.NEGATIVE_INFINITY) >= followedWithinMs;
  return [
    () => {
      const agent = context.agent();
      if (agent === undefined) return;
      context.note("agent_partitioned", agent.hostname);
      agent.link.partition(true);
      context.later(context.between(500, 25_000), () => agent.link.partition(false));
    },
    () => {
      const agent = context.agent();
      if (agent === undefined) return;
      context.note("agent_lost", agent.hostname);
      mesos.loseAgent(agent.hostname);
      context.later(context.between(1_000, 1_200_000), () => mesos.returnAgent(agent.hostname));
    },
    () => {
      const agent = context.agent();
      if (agent === undefined || !isFollowed(agent.hostname) || !mesos.removeAgent(agent.hostname)) return;
      context.note("agent_removed", agent.hostname);
      // The host loses power, and its operator sets it up anew.
      world.powerOff(agent.hostname);
      world.hosts.delete(agent.hostname);
      context.later(context.between(1_000, 120_000), () => {
        agent.wipe();
        agent.start();
      });
    },
    () => {
      const agent = context.agent();
      if (agent === undefined) return;
      context.note("agent_restarted", agent.hostname);
      agent.stop();
      context.later(context.between(100, 60_000), () => agent.start());
    },
    () => {
      // An operator removes what the agent has stored and restarts it. Containers and guests run on.
      const agent = context.agent();
      if (agent === undefined) return;
      context.note("agent_forgetful", agent.hostname);
      forgotten.set(agent.hostname, world.clock.now());
      const made = [...containersOn(world.hosts, agent.hostname).values()];
      for (const run of agent.forget()) {
        // The new agent kills those that it finds, or refuses them. One that has made nothing yet makes nothing any more: CKE does not count on
        // a first launch of which it has heard nothing.
        const isNew = !made.some(({ executorId }) => executorId === run.executorId);
        if (world.random() < 0.5 || isNew) run.exit(9);
        else world.clock.after(context.between(2_000, 10_000), () => run.agentLost());
      }
      context.later(context.between(500, 10_000), () => agent.start());
    },
    () => {
      const agent = context.agent();
      if (agent === undefined) return;
      context.note("agent_rebooted", agent.hostname);
      world.powerOff(agent.hostname);
      context.later(context.between(5_000, 300_000), () => agent.start());
    },
  ];
}

/** A random executor that runs. */
function executorRun(context: FaultContext) {
  return context.pick(
    [...context.world.mesos.agents.values()].flatMap((agent) => agent.runs().filter(({ alive }) => alive)),
  );
}

export function crashExecutor(context: FaultContext): void {
  const run = executorRun(context);
  if (run === undefined) return;
  context.note("executor_crashed", run.executorId);
  run.exit(9);
}

export function executorFaults(context: FaultContext): readonly Fault[] {
  const { world } = context;
  const executor = () => {
    const run = executorRun(context);
    return run === undefined ? undefined : world.executors.get(run.executorId);
  };
  return [
    () => crashExecutor(context),
    () => {
      if (executor()?.killedByOthers() === true) context.note("executor_killed_by_others");
    },
    () => {
      const failed = executor()?.failProcess((count) => Math.floor(world.random() * count));
      if (failed === true) context.note("process_failed");
    },
    () => {
      if (executor()?.loseContainer() === true) context.note("container_lost");
    },
  ];
}
