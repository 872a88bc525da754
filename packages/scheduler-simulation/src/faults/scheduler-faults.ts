// Faults of schedulers and of their store.
import type { Fault, FaultContext } from "./fault-context.ts";

export function schedulerFaults(context: FaultContext): readonly Fault[] {
  const { world } = context;
  const { faultIntensity, clock } = world;
  return [
    () => {
      faultIntensity.storeSlowUntilMs = clock.now() + context.between(5_000, 60_000);
    },
    () => {
      faultIntensity.storeAwayUntilMs = clock.now() + context.between(1_000, 60_000);
    },
    () => {
      if (world.leader === undefined) return;
      context.note("leader_changed");
      world.startScheduler({ noticed: world.random() < 0.5 });
    },
    () => world.crashPoint.arm("commit", 1 + Math.floor(world.random() * 20)),
    () => world.crashPoint.arm("call", 1 + Math.floor(world.random() * 20)),
  ];
}
