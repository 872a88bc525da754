// The entries of a workload's log: lines of text, and the phases that its units reach.

export type ClusterLogEntry =
  | {
      readonly type: "log";
      /** Time of the entry: RFC 3339, UTC, with milliseconds. */
      readonly time: string;
      /** "[INFO] …" */
      readonly log: string;
    }
  | {
      readonly type: "stat";
      readonly time: string;
      readonly cluster: string;
      readonly node: string;
      /** Number of the phase in the order of the bring-up of this type of node, from 0 (nothing done). */
      readonly old_stat: number;
      readonly old_stat_name: string;
      readonly new_stat: number;
      readonly new_stat_name: string;
      readonly total_stat: number;
    };

export interface LogSubscription {
  /** The recent entries, oldest first. */
  readonly replay: readonly ClusterLogEntry[];
  readonly unsubscribe: () => void;
}
