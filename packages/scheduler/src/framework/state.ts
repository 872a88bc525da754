// What the parts of the framework share: memory, calls and the outside. Made once by the framework.
import type { Clock, Logger } from "@cke/foundation";
import type { AdoptionDesk } from "./adoption-desk.ts";
import type { Agenda } from "./agenda.ts";
import type { AgentInventory } from "./agent-inventory.ts";
import type { AgentProbe } from "./agent-probe.ts";
import type { AgentSizes } from "./agent-sizes.ts";
import type { ClusterLogs } from "./cluster-log.ts";
import type { FrameworkDependencies } from "./dependencies.ts";
import type { Killer } from "./killer.ts";
import type { Ledger } from "./ledger.ts";
import type { LeftoverWatch } from "./leftover-watch.ts";
import type { MaintenanceDesk } from "./maintenance-desk.ts";
import type { MesosCalls } from "./mesos-calls.ts";
import type { OwedRemovals } from "./owed-removals.ts";
import type { PresentRenderer } from "./present-renderer.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Renderings } from "./renderings.ts";
import type { Strays } from "./strays.ts";
import type { WaitReasons } from "./wait-reasons.ts";

export interface FrameworkState {
  readonly dependencies: FrameworkDependencies;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly agenda: Agenda;
  readonly renderings: Renderings;
  /** How clusters would be rendered now. */
  readonly present: PresentRenderer;
  readonly logs: ClusterLogs;
  readonly calls: MesosCalls;
  readonly killer: Killer;
  readonly owed: OwedRemovals;
  readonly reconciler: Reconciler;
  readonly probe: AgentProbe;
  /** What agents' hosts have. */
  readonly inventory: AgentInventory;
  readonly waits: WaitReasons;
  readonly sizes: AgentSizes;
  readonly leftovers: LeftoverWatch;
  readonly maintenance: MaintenanceDesk;
  readonly adoptions: AdoptionDesk;
  readonly strays: Strays;
}
