// Offer constraints of a framework (SUBSCRIBE and UPDATE_FRAMEWORK): does an agent's hostname or attribute fit? Words and
// rules: src/master/allocator/mesos/offer_constraints_filter.cpp of Mesos 1.12.
import type { Attribute, AttributeConstraint, OfferConstraints } from "@cke/mesos";

interface ConstrainedAgent {
  readonly hostname: string;
  readonly attributes: readonly Attribute[];
}

/** True when the role has no constraints, or every constraint of one of its groups holds. */
export function agentFits(agent: ConstrainedAgent, constraints: OfferConstraints | undefined, role: string): boolean {
  const groups = constraints?.role_constraints?.[role]?.groups ?? [];
  if (groups.length === 0) return true;
  return groups.some(({ attribute_constraints: all = [] }) => all.every((constraint) => holds(agent, constraint)));
}

/** A text is there or not; what is there may be of another type, for which every predicate about texts holds. */
type Selected = { readonly kind: "missing" } | { readonly kind: "other" } | { readonly kind: "text"; text: string };

function holds(agent: ConstrainedAgent, { selector, predicate }: AttributeConstraint): boolean {
  const value = select(agent, selector);
  if (predicate.exists !== undefined) return value.kind !== "missing";
  if (predicate.not_exists !== undefined) return value.kind === "missing";
  const test = textTest(predicate);
  if (test === undefined || value.kind === "other") return true;
  return value.kind === "text" ? test.wanted === test.fits(value.text) : !test.wanted;
}

interface TextTest {
  readonly fits: (text: string) => boolean;
  readonly wanted: boolean;
}

function textTest(predicate: AttributeConstraint["predicate"]): TextTest | undefined {
  const { text_equals, text_not_equals, text_matches, text_not_matches } = predicate;
  const equal = text_equals ?? text_not_equals;
  if (equal !== undefined) return { fits: (text) => text === equal.value, wanted: text_equals !== undefined };
  const match = text_matches ?? text_not_matches;
  if (match === undefined) return undefined;
  const regex = new RegExp(`^(?:${match.regex})$`, "u");
  return { fits: (text) => regex.test(text), wanted: text_matches !== undefined };
}

/** Agents here have neither region nor zone. */
function select(agent: ConstrainedAgent, selector: AttributeConstraint["selector"]): Selected {
  if (selector.pseudoattribute_type === "HOSTNAME") return { kind: "text", text: agent.hostname };
  if (selector.pseudoattribute_type !== undefined) return { kind: "missing" };
  const attribute = agent.attributes.find(({ name }) => name === selector.attribute_name);
  if (attribute === undefined) return { kind: "missing" };
  return attribute.type === "TEXT" ? { kind: "text", text: attribute.text?.value ?? "" } : { kind: "other" };
}

/** What regular expressions of JavaScript have and those of RE2 do not: lookaround and back references. */
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
    const problem = groupsProblem(role, groups);
    if (problem !== undefined) return `Offer constraints are not valid: ${problem}`;
  }
  return undefined;
}

type Group = { readonly attribute_constraints?: readonly AttributeConstraint[] };

function groupsProblem(role: string, groups: readonly Group[]): string | undefined {
  if (groups.length === 0)
    return `'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role ${role}`;
  for (const { attribute_constraints: all = [] } of groups) {
    // The missing space is in Mesos' own text.
    if (all.length === 0)
      return `'OfferConstraints::RoleConstraints::groups' for role ${role}contains an empty RoleConstraints::Group`;
    const problem = all.map(constraintProblem).find((words) => words !== undefined);
    if (problem !== undefined) return `A role ${role} has an invalid 'AttributeConstraint': ${problem}`;
  }
  return undefined;
}

function constraintProblem({ selector, predicate }: AttributeConstraint): string | undefined {
  const { pseudoattribute_type: pseudo, attribute_name } = selector;
  if (pseudo === "UNKNOWN") return "Unknown pseudoattribute type";
  if (pseudo === undefined && attribute_name === undefined)
    return "Exactly one of 'AttributeConstraint::Selector::name' or 'AttributeConstraint::Selector::pseudoattribute_type' must be set";
  if (Object.keys(predicate).length === 0) return "Unknown predicate type";
  const regex = predicate.text_matches?.regex ?? predicate.text_not_matches?.regex;
  return regex === undefined || isExpression(regex)
    ? undefined
    : `Failed to construct regex from pattern '${regex}': it is not one of RE2`;
}

function isExpression(regex: string): boolean {
  if (notInRe2.test(regex)) return false;
  try {
    new RegExp(regex, "u");
    return true;
  } catch {
    return false;
  }
}
