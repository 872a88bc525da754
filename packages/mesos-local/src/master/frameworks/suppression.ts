// REVIVE and SUPPRESS: which roles of a framework get offers.
import type { MasterState } from "../state/master-state.ts";
import type { FrameworkRecord } from "../state/records.ts";

/** Without roles: all of them. A role the framework does not have makes the whole call void, as in Mesos. */
export function revive(state: MasterState, framework: FrameworkRecord, roles: readonly string[]): void {
  if (roles.some((role) => !framework.roles.includes(role))) return;
  const revived = new Set(roles.length === 0 ? framework.roles : roles);
  framework.filters.forgetRoles(revived);
  for (const role of revived) framework.suppressed.delete(role);
  state.allocateSoon();
}

/** Without roles: all of them. */
export function suppress(framework: FrameworkRecord, roles: readonly string[]): void {
  if (roles.some((role) => !framework.roles.includes(role))) return;
  for (const role of roles.length === 0 ? framework.roles : roles) framework.suppressed.add(role);
}
