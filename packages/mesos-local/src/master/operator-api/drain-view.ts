// An agent's draining in the words of Mesos' DrainInfo.
import type { JsonValue } from "../../wire/index.ts";
import type { DrainRecord } from "../state/records.ts";

export function drainInfo({ drained, markGone, maxGrace }: DrainRecord): JsonValue {
  const grace = maxGrace === undefined ? {} : { max_grace_period: { nanoseconds: maxGrace } };
  return { state: drained ? "DRAINED" : "DRAINING", config: { ...grace, mark_gone: markGone } };
}
