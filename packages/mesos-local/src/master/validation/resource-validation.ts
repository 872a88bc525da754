// What is wrong with resources before anybody compares them with an offer. Words and order: Resources::validate of
// src/common/resources.cpp and resource::validate of src/master/validation.cpp, Mesos 1.12.
import type { Range, Resource } from "@cke/mesos";
import { addBags, type Bag, scalarOf, sumBags } from "../../resources/bag.ts";
import { bagText, refined } from "../../resources/format.ts";
import { idProblem } from "./id-validation.ts";
import { reservationFormProblem } from "./reservation-validation.ts";

/** Resources that no message may have, whatever they are for; undefined when all are possible. */
export function impossibleResources(resources: readonly Resource[] | undefined): string | undefined {
  for (const resource of resources ?? []) {
    const problem = valueProblem(resource) ?? diskProblem(resource) ?? reservationFormProblem(resource);
    const shared = problem ?? sharedProblem(resource);
    if (shared !== undefined) return `Resource '${bagText([refined(resource)])}' is invalid: ${shared}`;
  }
  return undefined;
}

/** What is wrong with the resources of a task or an executor. */
export function usedResourcesProblem(resources: Bag): string | undefined {
  const impossible = impossibleResources(resources);
  if (impossible !== undefined) return `Invalid resources: ${impossible}`;
  // Three decimals are kept.
  if (Math.trunc(scalarOf(resources, "gpus") * 1000) % 1000 !== 0)
    return "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer";
  const volume = resources.map(volumeProblem).find((problem) => problem !== undefined);
  if (volume !== undefined) return `Invalid DiskInfo: ${volume}`;
  const revocable = resources.find(
    ({ reservations = [], revocable: taken }) => taken !== undefined && reservations.at(-1)?.type === "DYNAMIC",
  );
  if (revocable === undefined) return undefined;
  return `Invalid ReservationInfo: Dynamically reserved resource ${bagText([revocable])} cannot be created from revocable resources`;
}

function valueProblem({ name, type, scalar, ranges, set }: Resource): string | undefined {
  if (name === "") return "Empty resource name";
  const others = (...fields: readonly unknown[]) => fields.some((field) => field !== undefined);
  switch (type) {
    case "SCALAR":
      if (scalar === undefined || others(ranges, set)) return "Invalid scalar resource";
      return scalar.value !== 0 && !isPositive(scalar.value) ? "Invalid scalar resource: value <= 0" : undefined;
    case "RANGES":
      if (ranges === undefined || others(scalar, set)) return "Invalid ranges resource";
      return rangesProblem(ranges.range ?? []);
    case "SET": {
      if (set === undefined || others(scalar, ranges)) return "Invalid set resource";
      const { item = [] } = set;
      return new Set(item).size < item.length ? "Invalid set resource: duplicated elements" : undefined;
    }
    default:
      return "Unsupported resource type";
  }
}

/** In thousandths, which an int64 has to hold. */
const isPositive = (value: number) => Math.round(value * 1000) > 0 && value * 1000 < 2 ** 63;

function rangesProblem(list: readonly Range[]): string | undefined {
  for (const [index, { begin, end }] of list.entries()) {
    if (begin > end) return "Invalid ranges resource: begin > end";
    if (list.slice(index + 1).some((other) => begin <= other.begin && other.begin <= end))
      return "Invalid ranges resource: overlapping ranges";
  }
  return undefined;
}

function diskProblem({ name, disk }: Resource): string | undefined {
  if (disk === undefined) return undefined;
  if (name !== "disk") return `DiskInfo should not be set for ${name} resource`;
  const { source } = disk;
  if (source?.type !== "BLOCK" && source?.type !== "RAW") return undefined;
  if (source.mount !== undefined) return `Mount should not be set for ${source.type} disk source`;
  return source.path === undefined ? undefined : `Path should not be set for ${source.type} disk source`;
}

function sharedProblem({ name, disk, shared }: Resource): string | undefined {
  if (shared === undefined) return undefined;
  if (name !== "disk") return `Resource ${name} cannot be shared`;
  return disk?.persistence === undefined ? "Only persistent volumes can be shared" : undefined;
}

/** What is wrong with a persistent volume, or with a disk that is none. */
function volumeProblem({ disk, reservations = [], revocable }: Resource): string | undefined {
  if (disk === undefined) return undefined;
  if (disk.persistence === undefined) {
    if (disk.volume !== undefined) return "Non-persistent volume not supported";
    return disk.source === undefined ? "DiskInfo is set but empty" : undefined;
  }
  if (revocable !== undefined) return "Persistent volumes cannot be created from revocable resources";
  if (reservations.length === 0) return "Persistent volumes cannot be created from unreserved resources";
  if (disk.volume === undefined) return "Expecting 'volume' to be set for persistent volume";
  if (disk.volume.host_path !== undefined) return "Expecting 'host_path' to be unset for persistent volume";
  const id = idProblem(disk.persistence.id);
  return id === undefined ? undefined : `Invalid persistence ID for persistent volume: ${id}`;
}

/** A volume that is there twice for one role. */
export function duplicateVolume(resources: Bag): string | undefined {
  const seen = new Set<string>();
  for (const { disk, reservations = [] } of resources) {
    const id = disk?.persistence?.id;
    if (id === undefined) continue;
    const key = JSON.stringify([reservations.at(-1)?.role, id]);
    if (seen.has(key)) return `Persistence ID '${id}' is not unique`;
    seen.add(key);
  }
  return undefined;
}

/** A resource that is there both for good and until it is taken away. */
export function mixedRevocable(resources: Bag): string | undefined {
  const mixed = resources.find(
    ({ name, revocable }) =>
      revocable !== undefined && resources.some((other) => other.name === name && other.revocable === undefined),
  );
  return mixed && `Cannot use both revocable and non-revocable '${mixed.name}' at the same time`;
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
