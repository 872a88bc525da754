// Offer constraints of a framework (SUBSCRIBE and UPDATE_FRAMEWORK): does an agent's hostname or attribute fit?
import type { Attribute, AttributeConstraint, OfferConstraints } from "@cke/mesos";

export interface ConstrainedAgent {
  readonly hostname: string;
  readonly attributes: readonly Attribute[];
}

/** True when the role has no constraints, or every constraint of one of its groups holds. */
export function agentFits(agent: ConstrainedAgent, constraints: OfferConstraints | undefined, role: string): boolean {
  const groups = constraints?.role_constraints?.[role]?.groups ?? [];
  if (groups.length === 0) return true;
  return groups.some(({ attribute_constraints: all = [] }) => all.every((constraint) => holds(agent, constraint)));
}

function holds(agent: ConstrainedAgent, { selector, predicate }: AttributeConstraint): boolean {
  const value = select(agent, selector);
  const text = value?.text;
  if (predicate.exists !== undefined) return value !== undefined;
  if (predicate.not_exists !== undefined) return value === undefined;
  if (predicate.text_equals !== undefined) return text === undefined || text === predicate.text_equals.value;
  if (predicate.text_not_equals !== undefined) return text === undefined || text !== predicate.text_not_equals.value;
  if (predicate.text_matches !== undefined) return text === undefined || matches(predicate.text_matches.regex, text);
  if (predicate.text_not_matches !== undefined) {
    return text === undefined || !matches(predicate.text_not_matches.regex, text);
  }
  return true;
}

/** The selected value; without `text` it is an attribute of another type, for which text predicates always hold. */
function select(agent: ConstrainedAgent, selector: AttributeConstraint["selector"]): { text?: string } | undefined {
  if (selector.pseudoattribute_type === "HOSTNAME") return { text: agent.hostname };
  const attribute = agent.attributes.find(({ name }) => name === selector.attribute_name);
  if (attribute === undefined) return undefined;
  return attribute.text === undefined ? {} : { text: attribute.text.value };
}

const matches = (regex: string, text: string) => new RegExp(`^(?:${regex})$`, "u").test(text);

/** What JavaScript's expressions have and RE2's have not: looking around and back references. */
const notInRe2 = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</;

/** Why constraints of a framework with these roles cannot be used, or undefined. */
export function constraintsProblem(
  constraints: OfferConstraints | undefined,
  roles: readonly string[],
): string | undefined {
  const all = Object.entries(constraints?.role_constraints ?? {});
  const strange = all.find(([role]) => !roles.includes(role));
  if (strange !== undefined)
    return `Offer constraints specify \`role_constraints\` for a role '${strange[0]}'not contained in the set of roles`;
  for (const [role, { groups = [] }] of all) {
    if (groups.length === 0) {
      return `Invalid 'OfferConstraints': 'role_constraints' for role '${role}' has no groups`;
    }
    for (const { predicate } of groups.flatMap(({ attribute_constraints = [] }) => attribute_constraints)) {
      const regex = predicate.text_matches?.regex ?? predicate.text_not_matches?.regex;
      try {
        if (regex !== undefined) new RegExp(notInRe2.test(regex) ? "(" : regex, "u");
      } catch {
        return `Failed to construct offer constraints for role '${role}': regex '${regex}' is invalid`;
      }
    }
  }
  return undefined;
}
