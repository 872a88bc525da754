// Fields that bodies of every kind have: names, values and conditions for agents.
import { z } from "zod";

export const scalarText = z
  .union([z.string(), z.number(), z.boolean()], "a text, a number, true or false")
  .transform(String);
export const valueMap = z.record(z.string(), scalarText);
export const assignment = z.string().regex(/^[^=]+=/, "NAME=value");
export const nameOf = (text: string) => text.slice(0, text.indexOf("="));
export const valueOfText = (text: string) => text.slice(text.indexOf("=") + 1);

const operators = ["IS", "LIKE", "UNLIKE"] as const;
const constraint = z
  .object({
    name: z.string().min(1),
    operator: z
      .string()
      .default("IS")
      .transform((text) => text.toUpperCase())
      .pipe(z.enum(operators, "IS, LIKE or UNLIKE")),
    value: scalarText,
  })
  .transform(({ name, operator, value }) => (operator === "IS" ? { name, value } : { name, value, operator }));
/** `{"rack": "a"}`, or a list of `"rack=a"`, `{name, value}` and `{name, operator, value}`. */
export const attributesBody = z.union(
  [
    valueMap.transform((map) => Object.entries(map).map(([name, value]) => ({ name, value }))),
    z.array(
      z.union(
        [
          assignment.transform((text) => ({ name: nameOf(text), value: valueOfText(text) })),
          z.object({ key: z.string().min(1), value: scalarText }).transform(({ key, value }) => ({ name: key, value })),
          constraint,
        ],
        'NAME=value, or an object like {"name": "rack", "value": "a"}',
      ),
    ),
  ],
  'an object like {"rack": "a"}, or a list of "rack=a"',
);
