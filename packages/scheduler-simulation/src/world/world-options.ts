// What a simulated world is made of, and how it is broken on purpose.
import type { AgentSpec } from "@cke/mesos-local/simulation";
import type { SchedulerOptions } from "@cke/scheduler/flags/framework-options";
import type { FrameworkCall } from "@cke/scheduler/framework/interfaces/mesos-connection";
import type { Store } from "@cke/scheduler/store/store";

export interface WorldOptions {
  readonly seed?: number;
  readonly agents?: readonly AgentSpec[];
  readonly options?: Partial<SchedulerOptions>;
  /** Wraps the store of every scheduler, to break it on purpose. */
  readonly breakStore?: (store: Store) => Store;
  /** Calls that are dropped although the scheduler believes that it made them; breaks it on purpose. */
  readonly forgets?: (call: FrameworkCall) => boolean;
  /** Makes ids of launches; breaks the scheduler on purpose when they are not unique. */
  readonly incarnation?: () => string;
  /** The members of all etcds are watched: nothing may found one twice or cost one its majority. */
  readonly watchEtcd?: boolean;
  /** True when a container's image is missing. */
  readonly imageMissing?: () => boolean;
}
