// Checks whether an agent has the attributes that a unit asks for. Attributes have types in Mesos: a SCALAR is compared
// as a number, a number may lie in RANGES, a SET contains its items, everything else is compared as text.
import type { Attribute } from "@cke/mesos";
import type { AttributeConstraint } from "../../workload/records/workload-spec.ts";

/** The value as text: of a set its items, of ranges all of them. */
export function attributeText(attribute: Attribute): string {
  switch (attribute.type) {
    case "SCALAR":
      return String(attribute.scalar?.value ?? "");
    case "SET":
      return (attribute.set?.item ?? []).join(",");
    case "RANGES":
      return (attribute.ranges?.range ?? []).map(({ begin, end }) => `${begin}-${end}`).join(",");
    case "TEXT":
      return attribute.text?.value ?? "";
  }
}

const isNumber = (text: string) => /^-?\d+(\.\d+)?$/.test(text);

/** Equality by the type of the attribute. */
function hasAttribute(attribute: Attribute, value: string): boolean {
  if (attributeText(attribute) === value) return true;
  switch (attribute.type) {
    case "SCALAR":
      return isNumber(value) && Number(value) === attribute.scalar?.value;
    case "RANGES":
      return (
        isNumber(value) &&
        (attribute.ranges?.range ?? []).some(({ begin, end }) => Number(value) >= begin && Number(value) <= end)
      );
    case "SET":
      return (attribute.set?.item ?? []).includes(value);
    case "TEXT":
      return false;
  }
}

/**
 * `*` stands for any text, `?` for one character; `|` separates alternatives. The time is linear in the text for each
 * `*`, so no pattern of a user can stop the scheduler, as a regular expression could.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return pattern.split("|").some((alternative) => matchesGlob(alternative, text));
}

function matchesGlob(pattern: string, text: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  let index = 0;
  while (index < text.length) {
    const token = pattern[at];
    if (token === "*") {
      star = at;
      resume = index;
      at += 1;
    } else if (token === "?" || (token !== undefined && token === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      // The last star takes one more character.
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  return [...pattern.slice(at)].every((token) => token === "*");
}

function isLike(attribute: Attribute, pattern: string): boolean {
  const texts = attribute.type === "SET" ? (attribute.set?.item ?? []) : [attributeText(attribute)];
  return texts.some((text) => matchesPattern(pattern, text));
}

/** Why an agent with these attributes is refused, to follow its name; undefined when it is not. */
export function attributeProblem(
  { name, value, operator }: AttributeConstraint,
  attributes: readonly Attribute[],
): string | undefined {
  const found = attributes.filter((attribute) => attribute.name === name);
  const has = `has ${name}=${found.map(attributeText).join(",")}`;
  if (operator === "UNLIKE") {
    // An agent without the attribute is unlike everything, as in Marathon.
    return found.some((attribute) => isLike(attribute, value)) ? `${has}, which is like ${value}` : undefined;
  }
  if (found.length === 0) return `has no attribute ${name}`;
  if (operator === "LIKE")
    return found.some((attribute) => isLike(attribute, value)) ? undefined : `${has}, not like ${value}`;
  return found.some((attribute) => hasAttribute(attribute, value)) ? undefined : `${has}, not ${value}`;
}
