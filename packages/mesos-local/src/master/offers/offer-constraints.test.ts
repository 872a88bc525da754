// Rules and words: src/master/allocator/mesos/offer_constraints_filter.cpp of Mesos 1.12.
import type { AttributeConstraint, OfferConstraints } from "@cke/mesos";
import { expect, test } from "vitest";
import { agentFits, constraintsProblem } from "./offer-constraints.ts";

const named = (attribute_name: string) => ({ attribute_name });
const hostname = { pseudoattribute_type: "HOSTNAME" };
const of = (...all: readonly AttributeConstraint[]): OfferConstraints => ({
  role_constraints: { dev: { groups: [{ attribute_constraints: all }] } },
});
const agent = {
  hostname: "h1",
  attributes: [
    { name: "rack", type: "TEXT" as const, text: { value: "r1" } },
    { name: "level", type: "SCALAR" as const, scalar: { value: 3 } },
  ],
};

test.each<[string, AttributeConstraint["selector"], AttributeConstraint["predicate"], boolean]>([
  ["a text that equals", named("rack"), { text_equals: { value: "r1" } }, true],
  ["a text that does not", named("rack"), { text_equals: { value: "r2" } }, false],
  ["a text unlike another", named("rack"), { text_not_equals: { value: "r2" } }, true],
  ["a text that matches as a whole", named("rack"), { text_matches: { regex: "r." } }, true],
  ["a text that matches in part", named("rack"), { text_matches: { regex: "r" } }, false],
  ["a text that must not match", named("rack"), { text_not_matches: { regex: "r." } }, false],
  ["nothing equals nothing", named("zone"), { text_equals: { value: "" } }, false],
  ["nothing is unlike everything", named("zone"), { text_not_equals: { value: "z" } }, true],
  ["nothing matches nothing", named("zone"), { text_matches: { regex: ".*" } }, false],
  ["nothing matches not", named("zone"), { text_not_matches: { regex: ".*" } }, true],
  ["nothing does not exist", named("zone"), { exists: {} }, false],
  ["nothing exists not", named("zone"), { not_exists: {} }, true],
  ["a number is no text: any equality holds", named("level"), { text_equals: { value: "x" } }, true],
  ["a number is no text: any inequality holds", named("level"), { text_not_matches: { regex: ".*" } }, true],
  ["a number exists", named("level"), { exists: {} }, true],
  ["a host name", hostname, { text_equals: { value: "h1" } }, true],
  ["no region", { pseudoattribute_type: "REGION" }, { exists: {} }, false],
])("%s", (_title, selector, predicate, fits) => {
  expect(agentFits(agent, of({ selector, predicate }), "dev")).toBe(fits);
});

test("one group of a role is enough, and another role has no constraints", () => {
  const constraint = (value: string) => ({ selector: named("rack"), predicate: { text_equals: { value } } });
  const groups = [{ attribute_constraints: [constraint("r2")] }, { attribute_constraints: [constraint("r1")] }];
  expect(agentFits(agent, { role_constraints: { dev: { groups } } }, "dev")).toBe(true);
  expect(agentFits(agent, of(constraint("r2")), "dev")).toBe(false);
  expect(agentFits(agent, of(constraint("r2")), "ops")).toBe(true);
});

const exists = { selector: named("rack"), predicate: { exists: {} } };
const invalid = (words: string) =>
  `Offer constraints are not valid: A role dev has an invalid 'AttributeConstraint': ${words}`;
const matching = (regex: string) => of({ selector: named("rack"), predicate: { text_matches: { regex } } });

test.each<[string, OfferConstraints, string | undefined]>([
  ["an expression of RE2", matching("a|b.*"), undefined],
  [
    "a role of nobody",
    { role_constraints: { ops: {} } },
    "Offer constraints specify `role_constraints` for a role 'ops'not contained in the set of roles",
  ],
  [
    "no groups",
    { role_constraints: { dev: {} } },
    "Offer constraints are not valid: 'OfferConstraints::role_constraints' has an empty 'RoleConstraints::groups' for role dev",
  ],
  [
    "an empty group",
    of(),
    "Offer constraints are not valid: 'OfferConstraints::RoleConstraints::groups' for role devcontains an empty RoleConstraints::Group",
  ],
  [
    "nothing selected",
    of({ ...exists, selector: {} }),
    invalid(
      "Exactly one of 'AttributeConstraint::Selector::name' or 'AttributeConstraint::Selector::pseudoattribute_type' must be set",
    ),
  ],
  [
    "an unknown pseudoattribute",
    of({ ...exists, selector: { pseudoattribute_type: "UNKNOWN" } }),
    invalid("Unknown pseudoattribute type"),
  ],
  ["no predicate", of({ ...exists, predicate: {} }), invalid("Unknown predicate type")],
  ...["(?=a)", "(?<!a)b", "(a)\\1", "("].map((regex): [string, OfferConstraints, string] => [
    regex,
    matching(regex),
    invalid(`Failed to construct regex from pattern '${regex}': it is not one of RE2`),
  ]),
])("constraints with %s: %s", (_title, constraints, words) => {
  expect(constraintsProblem(constraints, ["dev"])).toBe(words);
});
