// Validates a subscription. A problem is answered as an ERROR event on the stream. Texts: recording scheduler-errors.
import type { FrameworkInfo } from "@cke/mesos";
import { doubleText } from "../../wire/index.ts";
import { idProblem } from "./id-validation.ts";
import { capabilitiesOf, roleProblem, rolesOf } from "./roles.ts";

/** The longest time that Mesos' durations (int64 nanoseconds) can hold, in seconds. */
const longestSeconds = 2 ** 63 / 1e9;

interface SubscriptionFacts {
  readonly info: FrameworkInfo;
  /** True when the id belongs to a framework that was torn down or timed out. */
  readonly removed: boolean;
}

/** Why a framework with this FrameworkInfo is refused, or undefined. */
export function infoProblem({ info, removed }: SubscriptionFacts): string | undefined {
  return (
    rolesProblem(info) ??
    frameworkIdProblem(info) ??
    filtersProblem(info) ??
    timeoutProblem(info) ??
    removedProblem(removed)
  );
}

/** What a framework must not change. The principal never changes, not even from none to one. */
export function changeProblem(old: FrameworkInfo, next: FrameworkInfo): string | undefined {
  if (old.principal !== next.principal) return "Changing framework's principal is not allowed.";
  const change = (field: string, from: unknown, to: unknown) =>
    from === to
      ? undefined
      : `Updating 'FrameworkInfo.${field}' is unsupported; attempted to update from '${from}' to '${to}'`;
  return change("user", old.user, next.user) ?? change("checkpoint", old.checkpoint ?? false, next.checkpoint ?? false);
}

function rolesProblem(info: FrameworkInfo): string | undefined {
  const multiRole = capabilitiesOf(info).has("MULTI_ROLE");
  const roles = info.roles ?? [];
  if (multiRole && info.role !== undefined) {
    return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable";
  }
  if (!multiRole && roles.length > 0) {
    return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable";
  }
  const duplicates = roles.filter((role, index) => roles.indexOf(role) !== index);
  if (duplicates.length > 0) {
    return `'FrameworkInfo.roles' contains duplicate items: { ${[...new Set(duplicates)].join(", ")} }`;
  }
  for (const role of rolesOf(info)) {
    const problem = roleProblem(role);
    if (problem !== undefined)
      return `'FrameworkInfo.${multiRole ? "roles' contains invalid role" : "role' is not a valid role"}: ${problem}`;
  }
  return undefined;
}

/** A framework may choose its id, but it becomes the name of a directory. */
const frameworkIdProblem = ({ id }: FrameworkInfo) =>
  (id?.value ?? "") === "" ? undefined : idProblem(id?.value ?? "");

/** The smallest offers that a framework wants to see. */
function filtersProblem({ offer_filters = {} }: FrameworkInfo): string | undefined {
  for (const { min_allocatable_resources } of Object.values(offer_filters)) {
    for (const { quantities = {} } of min_allocatable_resources?.quantities ?? []) {
      const all = Object.entries(quantities);
      if (all.length === 0) return "Resource quantities must contain at least one quantity";
      const bad = all.find(([, { value }]) => quantityProblem(value) !== undefined);
      if (bad !== undefined) return `Invalid resource quantity for '${bad[0]}': ${quantityProblem(bad[1].value)}`;
    }
  }
  return undefined;
}

/** The smallest double that is not subnormal. */
const smallestNormal = 2 ** -1022;

function quantityProblem(value: number): string | undefined {
  if (!Number.isFinite(value)) return "Infinite values not supported";
  if (value !== 0 && Math.abs(value) < smallestNormal) return "Subnormal values not supported";
  return value < 0 ? "Negative values not supported" : undefined;
}

function timeoutProblem({ failover_timeout: seconds = 0 }: FrameworkInfo): string | undefined {
  if (Math.abs(seconds) <= longestSeconds) return undefined;
  return `The framework failover_timeout (${Number.isFinite(seconds) ? doubleText(seconds) : seconds}) is invalid`;
}

const removedProblem = (removed: boolean) => (removed ? "Framework has been removed" : undefined);

export function suppressedProblem(info: FrameworkInfo, suppressedRoles: readonly string[]): string | undefined {
  const roles = new Set(rolesOf(info));
  const strange = suppressedRoles.filter((role) => !roles.has(role));
  return strange.length === 0
    ? undefined
    : `Suppressed roles { ${strange.join(", ")} } are not contained in the set of roles`;
}
