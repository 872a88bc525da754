// An executor dies while it is being killed for the replacement of its node: its container runs on.
import { isBeingReplaced } from "@cke/scheduler/workload/records/removal-state";
import { awaitedMs, checkReplaced, type DeadInstance } from "../checks/replacement-rule.ts";
import { nodeOf, workloadOf } from "../scheduler/stored-nodes.ts";
import type { FaultContext } from "./fault-context.ts";

const lookEveryMs = 250;
/** A drain may take long. */
const drainMs = 900_000;
/** An executor needs some seconds to end its node. */
const killMs = 5_000;

/** `key`: `<cluster>/<node>`, whose replacement was asked for. */
export function dieWithinReplacement(context: FaultContext, key: string): void {
  const { world } = context;
  const { clock, store } = world;
  const end = clock.now() + drainMs;
  const look = () => {
    if (context.over || clock.now() > end) return;
    if (isReplaced(store.values, key)) clock.after(context.between(0, killMs), () => die(context, key));
    else clock.after(lookEveryMs, look);
  };
  look();
}

/** True while the end of the node's present instance has begun for its replacement. */
function isReplaced(values: ReadonlyMap<string, unknown>, key: string): boolean {
  const [cluster = "", unit = ""] = key.split("/");
  const stored = values.get(`workloads/${cluster}`);
  return stored !== undefined && isBeingReplaced(workloadOf(stored), unit);
}

function die(context: FaultContext, key: string): void {
  const { mesos, store } = context.world;
  const stored = store.values.get(`units/${key}`);
  if (context.over || stored === undefined || !isReplaced(store.values, key)) return;
  const { launch, instance } = nodeOf(stored);
  if (launch === undefined) return;
  const { executorId, hostname } = launch;
  const run = mesos.agents
    .get(hostname)
    ?.runs()
    .find((one) => one.alive && one.executorId === executorId);
  if (run === undefined) return;
  context.note("executor_crashed", `${executorId} within its replacement`);
  run.exit(9);
  guard(context, { key, instance, hostname });
}

/** Looks for a while, as long as the host is in reach, that nothing begins beside what is left. */
function guard({ world }: FaultContext, dead: DeadInstance): void {
  const { clock, mesos, store, hosts } = world;
  const end = clock.now() + awaitedMs;
  const look = () => {
    const agent = mesos.agents.get(dead.hostname);
    if (clock.now() > end || agent?.up !== true || !agent.registered || agent.link.partitioned) return;
    world.watch(() => checkReplaced(dead, store.values, hosts));
    clock.after(lookEveryMs, look);
  };
  look();
}
