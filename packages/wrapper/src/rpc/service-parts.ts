// The parts of the wrapper that the handlers of the service use.
import type { Clock } from "@cke/foundation/clock";
import type { Logger } from "@cke/foundation/logger";
import type { Balancer } from "../balancer/balancer.ts";
import type { Cgroups } from "../cgroups/cgroup.ts";
import type { OutputRegistry } from "../output/output-registry.ts";
import type { ProbeSemaphore } from "../probes/probe-semaphore.ts";
import type { SessionLimits } from "../sessions/session-limits.ts";
import type { EventLog } from "../supervision/event-log.ts";
import type { Supervisor } from "../supervision/supervisor.ts";

export interface ServiceParts {
  readonly supervisor: Supervisor;
  readonly events: EventLog;
  readonly cgroups: Cgroups;
  readonly outputs: OutputRegistry;
  readonly probeSemaphore: ProbeSemaphore;
  readonly balancer: Balancer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startedAtMs: number;
  readonly limits: SessionLimits;
  /** Name of the socket for tunnels, beside the wrapper's own. */
  readonly tunnelSocket: string;
  /** Exec sessions that are not over. */
  readonly sessions: Set<Promise<void>>;
  /** Aborted when the wrapper stops. */
  readonly closing: AbortSignal;
}
