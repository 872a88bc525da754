// The executor to which a channel to a unit leads, or why there is none. Pure.
import { CkeError } from "@cke/foundation";
import type { ChannelUnit } from "../../channel/unit.ts";
import { isTerminal, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";

/**
 * `name`: of the unit, for people: `node "a" of cluster "b"`. `word`: what its kind calls a unit, for codes. `why`: of one that does not
 * run, to follow its name. Throws a CkeError: 409 for a unit that does not run, 504 while its agent is out of reach.
 */
export function channelUnit(
  { launch }: Pick<UnitRecord, "launch">,
  name: string,
  word: string,
  why = "does not run now; its state says why",
): ChannelUnit {
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  if (launch === undefined || task === undefined || isTerminal(task))
    throw new CkeError(`${word}_not_running`, `${name} ${why}`, { status: 409 });
  if (task.state === "TASK_UNREACHABLE") {
    const words = `${name} is on agent ${launch.hostname}, which is out of reach; nothing can be said to it until that agent is back`;
    throw new CkeError("agent_unreachable", words, { status: 504, retryable: true });
  }
  return { executorId: launch.executorId, agentId: launch.agentId, name };
}
