// /roles and GET_ROLES: every role that a framework is subscribed to.
import type { Resource } from "@cke/mesos";
import { type Bag, scalarOf, sumBags } from "../../resources/bag.ts";
import { double, type JsonValue } from "../../wire/index.ts";
import type { MasterState } from "../state/master-state.ts";
import { offeredOn, ofRole, usedOn } from "./resource-sums.ts";

export function rolesView(state: MasterState) {
  const roles = [...new Set([...state.frameworks.values()].flatMap((framework) => framework.roles))].sort();
  return roles.map((name) => {
    const used = ofRole(state, name, usedOn);
    const offered = ofRole(state, name, offeredOn);
    return {
      name,
      weight: double(1),
      quota: { role: name, guarantee: {}, limit: {}, consumed: quantities(used) },
      resources: quantities(sumBags([used, offered])),
      allocated: quantities(used),
      offered: quantities(offered),
      reserved: {},
      frameworks: [...state.frameworks.values()].filter(({ roles: all }) => all.includes(name)).map(({ id }) => id),
    };
  });
}

/** What a role has and is offered, in scalar resources: the form of GET_ROLES. */
export function roleResources(state: MasterState, role: string): readonly Resource[] {
  const bag = sumBags([ofRole(state, role, usedOn), ofRole(state, role, offeredOn)]);
  const scalars = [...new Set(bag.filter(({ type }) => type === "SCALAR").map(({ name }) => name))].sort();
  return scalars.map((name) => ({ name, type: "SCALAR", scalar: { value: scalarOf(bag, name) } }));
}

/** {"cpus":0.6,"mem":96.0}; ports count. */
function quantities(bag: Bag): JsonValue {
  const names = [...new Set(bag.map(({ name }) => name))].sort();
  const amount = (name: string) =>
    scalarOf(bag, name) +
    bag
      .filter((resource) => resource.name === name)
      .flatMap(({ ranges }) => ranges?.range ?? [])
      .reduce((sum, { begin, end }) => sum + end - begin + 1, 0);
  return Object.fromEntries(names.map((name) => [name, double(amount(name))]));
}
