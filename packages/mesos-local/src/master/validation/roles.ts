// Rules for role names and what a framework's roles and capabilities say about it. Texts as Mesos words them.
import type { FrameworkInfo } from "@cke/mesos";

/** What is wrong with a role name, or undefined. */
export function roleProblem(role: string): string | undefined {
  if (role === "*") return undefined;
  if (role === "") return "Empty role name is invalid";
  if (role.startsWith("/")) return `Role '${role}' cannot start with a slash`;
  if (role.endsWith("/")) return `Role '${role}' cannot end with a slash`;
  if (role.includes("//")) return `Role '${role}' cannot contain two adjacent slashes`;
  for (const component of role.split("/")) {
    if (component === "." || component === "..") return `Role '${role}' cannot include '${component}' as a component`;
    if (component === "*") return `Role '${role}' cannot include '*' as a component`;
    if (component.startsWith("-")) return `Role component '${component}' is invalid because it begins with a dash`;
    if (/[\s\b]/.test(component)) {
      return `Role component '${component}' is invalid because it contains backspace or whitespace`;
    }
  }
  return undefined;
}

export const capabilitiesOf = (info: FrameworkInfo): ReadonlySet<string> =>
  new Set((info.capabilities ?? []).flatMap(({ type }) => type ?? []));

/** The roles a framework is subscribed to. */
export function rolesOf(info: FrameworkInfo): readonly string[] {
  return capabilitiesOf(info).has("MULTI_ROLE") ? [...new Set(info.roles ?? [])] : [info.role ?? "*"];
}

/** True for `a/b` below `a`. */
export const isSubrole = (role: string, ancestor: string) => role.startsWith(`${ancestor}/`);
