// What the parts of the framework share: memory, calls and the outside. Made once by the framework.
import type { Clock, Logger } from "@cke/foundation";
import type { PresentRenderer } from "../../kubernetes/rendering/current-renderer.ts";
import type { Renderings } from "../../kubernetes/rendering/renderings.ts";
import type { AgentInventory } from "../agents/agent-inventory.ts";
import type { AgentProbe } from "../agents/agent-probe.ts";
import type { AgentSizes } from "../agents/agent-size-history.ts";
import type { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { WorkQueue } from "../memory/work-queue.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import type { Reconciler } from "../mesos/reconciler.ts";
import type { WaitReasons } from "../offers/wait-reasons.ts";
import type { ClusterLogs } from "../service/cluster-log.ts";
import type { Killer } from "../tasks/killer.ts";
import type { OrphanRemovals } from "../tasks/orphan-removals.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { TaskAdoption } from "../tasks/task-adoption.ts";
import type { UnknownTasks } from "../tasks/unknown-tasks.ts";
import type { FrameworkDependencies } from "./dependencies.ts";

export interface FrameworkState {
  readonly dependencies: FrameworkDependencies;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly agenda: WorkQueue;
  readonly renderings: Renderings;
  /** How clusters would be rendered now. */
  readonly present: PresentRenderer;
  readonly logs: ClusterLogs;
  readonly calls: MesosCalls;
  readonly killer: Killer;
  readonly owed: OrphanRemovals;
  readonly reconciler: Reconciler;
  readonly probe: AgentProbe;
  /** What agents' hosts have. */
  readonly inventory: AgentInventory;
  readonly waits: WaitReasons;
  readonly sizes: AgentSizes;
  readonly leftovers: OrphanTimer;
  readonly maintenance: MaintenanceWindows;
  readonly adoptions: TaskAdoption;
  readonly strays: UnknownTasks;
}
