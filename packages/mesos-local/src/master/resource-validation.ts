// What is wrong with the resources and the environment of a task or executor, before anybody compares them with an offer.
// Facts: mesos 1.12 (validation of resources and of CommandInfo).
import type { CommandInfo, Resource } from "@cke/mesos";
import { addBags, type Bag, sumBags } from "../resources/bag.ts";
import { bagText } from "../resources/format.ts";

/** A value that no resource can have, or undefined. */
export function valueProblem(resources: readonly Resource[] | undefined): string | undefined {
  for (const { name, type, scalar, ranges } of resources ?? []) {
    if (type === "SCALAR" && !((scalar?.value ?? -1) >= 0)) {
      const words = scalar === undefined ? "no value" : "value < 0";
      return `Invalid resource ${name}: Invalid scalar resource: ${words}`;
    }
    if (type !== "RANGES") continue;
    const list = ranges?.range ?? [];
    if (ranges === undefined) return `Invalid resource ${name}: Invalid ranges resource: no ranges`;
    if (list.some(({ begin, end }) => begin > end))
      return `Invalid resource ${name}: Invalid ranges resource: begin is greater than end`;
    const overlap = list.some((one, index) =>
      list.slice(index + 1).some((two) => one.begin <= two.end && two.begin <= one.end),
    );
    if (overlap) return `Invalid resource ${name}: Invalid ranges resource: overlapping ranges`;
  }
  return undefined;
}

const amountOf = (bag: Bag) =>
  bag
    .flatMap(({ ranges, set }) => [
      ...(ranges?.range ?? []).map(({ begin, end }) => end - begin + 1),
      set?.item?.length ?? 0,
    ])
    .reduce((sum, amount) => sum + amount, 0);

/** True when two of the bags have a port or an item in common: added up they would hold it once. */
export function overlaps(bags: readonly Bag[]): boolean {
  const apart = bags.map((bag) => addBags(bag, [])).reduce((sum, bag) => sum + amountOf(bag), 0);
  return apart !== amountOf(sumBags(bags));
}

/** The words for tasks of a group (`"task group's task"`) or one task (`"task"`) and their executor. */
export const overlapWords = (whose: string, tasks: Bag, executor: Bag) =>
  `There are overlapping resources in the ${whose} resources ${bagText(tasks)} and${whose === "task" ? "" : "/or"} executor resources ${bagText(executor)}`;

/** A variable without a value, or undefined. */
export function commandProblem(command: CommandInfo | undefined): string | undefined {
  const empty = command?.environment?.variables?.find(({ value }) => value === undefined);
  return empty === undefined ? undefined : `Environment variable '${empty.name}' of type 'VALUE' must have a value set`;
}
