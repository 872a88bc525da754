// Without usable cgroups processes run without limits, and stopping falls back to process groups. Info says so.
import type { Cgroup, Cgroups } from "./cgroup.ts";

const nothing: Cgroup = {
  joinFiles: [],
  apply: async () => {},
  pids: () => [],
  kill: () => {},
  oomKills: () => 0,
  remove: () => true,
};

export function noCgroups(note: string): Cgroups {
  return { version: 0, note, open: async () => nothing, limitWorkload: async () => {}, close: () => {} };
}
