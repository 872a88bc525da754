// Faults between scheduler and master: broken streams, rescinded offers, a new leading master.
import type { Fault, FaultContext } from "./fault-context.ts";

export function connectionFaults(context: FaultContext): readonly Fault[] {
  const { world } = context;
  const { faultIntensity, mesos, clock } = world;
  return [
    () => {
      if (world.leader?.port.breakStream(true) === true) context.note("stream_broken");
    },
    () => {
      if (world.leader?.port.breakStream(false) === true) context.note("stream_torn_unnoticed");
    },
    () => {
      const { leader } = world;
      if (leader?.port.freeze(true) !== true) return;
      context.note("stream_frozen");
      context.later(context.between(1_000, 120_000), () => leader.port.freeze(false));
    },
    () => {
      faultIntensity.slowStreamUntilMs = clock.now() + context.between(5_000, 60_000);
      clock.after(context.between(100, 5_000), () => {
        if (!context.over && mesos.rescind(() => true) > 0) context.note("stale_offers");
      });
    },
    () => {
      // An offer is outstanding only for a short time, so the race is tried for a while.
      const until = clock.now() + 20_000;
      const attempt = () => {
        if (context.over || clock.now() > until) return;
        if (mesos.rescind(() => world.random() < 0.5) > 0) context.note("offers_rescinded");
        else clock.after(context.between(1, 20), attempt);
      };
      attempt();
    },
    () => {
      if (mesos.leader === undefined) return;
      context.note("master_failover");
      mesos.crashMaster();
      context.later(context.between(100, 30_000), () => mesos.startMaster());
    },
  ];
}
