// Which Service gets which address of its cluster's pool. What Services have is in their status, in the cluster's own etcd: nothing else is
// remembered, so a scheduler that takes over finds all of it. Pure.
import { formatAddress, parseAddress } from "../../workload/body/address-block.ts";
import { type AddressSpan, freeAddresses, isInPool } from "../ranges/address-pool.ts";
import type { LoadBalancerService } from "./service-object.ts";

/** Most addresses that a cluster announces: each node gets all of them with the nodes of its cluster. */
export const mostGiven = 4_096;

export interface AllocationInput {
  readonly pool: readonly AddressSpan[];
  /** Addresses of the pool that are no Service's. */
  readonly reserved: readonly string[];
  readonly services: readonly LoadBalancerService[];
  /** By uid: addresses that were written, and nobody knows yet whether the write was done. */
  readonly unsettled: ReadonlyMap<string, string>;
  /** False: nobody gets another address than it has. */
  readonly mayGive: boolean;
}

export interface Refusal {
  readonly service: LoadBalancerService;
  /** What to tell in an event of the Service. */
  readonly message: string;
}

export interface Allocation {
  /** By uid. */
  readonly given: ReadonlyMap<string, string>;
  /** Services whose status says something else. `address`: "" for none. */
  readonly writes: readonly { readonly service: LoadBalancerService; readonly address: string }[];
  readonly refusals: readonly Refusal[];
}

/** A Service that was there first keeps what it has. */
const byAge = (one: LoadBalancerService, other: LoadBalancerService) =>
  one.createdAt === other.createdAt ? (one.uid < other.uid ? -1 : 1) : one.createdAt < other.createdAt ? -1 : 1;

export function allocate({ pool, reserved, services, unsettled, mayGive }: AllocationInput): Allocation {
  const sorted = services.toSorted(byAge);
  const taken = new Set(reserved.flatMap((text) => parseAddress(text) ?? []));
  const given = new Map<string, number>();
  const refusals: Refusal[] = [];
  const isFree = (address: number | undefined): address is number =>
    address !== undefined && isInPool(pool, address) && !taken.has(address);
  const give = ({ uid }: LoadBalancerService, address: number) => {
    const before = given.get(uid);
    if (before !== undefined) taken.delete(before);
    taken.add(address);
    given.set(uid, address);
  };
  for (const service of sorted) {
    const [present = ""] = service.addresses;
    const address = parseAddress(unsettled.get(service.uid) ?? present);
    if (service.ipv4 && isFree(address)) give(service, address);
  }
  for (const service of mayGive ? sorted : []) {
    if (service.ending) continue;
    const refuse = (message: string) => void refusals.push({ service, message });
    const has = given.get(service.uid);
    const asked = parseAddress(service.asked);
    if (!service.ipv4) refuse("it has no IPv4 family, and addresses of the pool are IPv4");
    else if (service.asked !== "" && (asked === undefined || !isInPool(pool, asked)))
      refuse(`the address ${quoted(service.asked)} that it asks for is not in the cluster's loadbalancer_pool`);
    else if (asked !== undefined && asked !== has && taken.has(asked))
      refuse(`the address ${service.asked} that it asks for is ${holder(formatAddress(asked), reserved)}`);
    else if (has === undefined && given.size >= mostGiven)
      refuse(`the cluster has ${mostGiven} addresses of LoadBalancer Services already, and no more are announced`);
    else if (asked !== undefined) give(service, asked);
  }
  const free = freeAddresses(pool, taken);
  for (const service of mayGive ? sorted : []) {
    const { uid, ending, asked, ipv4 } = service;
    if (ending || asked !== "" || !ipv4 || given.has(uid) || given.size >= mostGiven) continue;
    const address = free.next().value;
    if (address === undefined)
      refusals.push({ service, message: "every address of the cluster's loadbalancer_pool is taken" });
    else give(service, address);
  }
  const texts = new Map([...given].map(([uid, address]) => [uid, formatAddress(address)]));
  const writes = sorted.flatMap((service) => {
    const address = texts.get(service.uid) ?? "";
    const isSaid = service.addresses.length === (address === "" ? 0 : 1) && (service.addresses[0] ?? "") === address;
    // What somebody else has written stays until this scheduler may give another one.
    return isSaid || (!mayGive && address === "") ? [] : [{ service, address }];
  });
  return { given: texts, writes, refusals };
}

const longestShown = 40;
const quoted = (text: string) => JSON.stringify(text.slice(0, longestShown));
const holder = (address: string, reserved: readonly string[]) =>
  reserved.includes(address) ? "the API server's" : "another Service's";
