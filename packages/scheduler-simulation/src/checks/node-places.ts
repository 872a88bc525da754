// A rule for the nodes of a cluster: no two of them have the same name, address or block of pod addresses.
import { z } from "zod";

const specSchema = z.looseObject({
  units: z.array(z.looseObject({ name: z.string(), ip: z.string().optional(), podIndex: z.number().optional() })),
});

/** What two nodes of this specification have in common; "" when there is nothing. */
export function sharedPlaces(spec: unknown): string {
  const { units } = specSchema.parse(spec);
  const repeated = (what: string, values: readonly (string | number | undefined)[]) => {
    const given = values.filter((value) => value !== undefined && value !== "");
    const twice = given.find((value, index) => given.indexOf(value) !== index);
    return twice === undefined ? [] : [`two nodes have the ${what} ${twice}`];
  };
  return [
    ...repeated(
      "name",
      units.map(({ name }) => name),
    ),
    ...repeated(
      "address",
      units.map(({ ip }) => ip),
    ),
    ...repeated(
      "pod block",
      units.map(({ podIndex }) => podIndex),
    ),
  ].join("; ");
}
