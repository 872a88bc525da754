// What the load balancer knows of a cluster, as it is stored: hosts with the intent before each call, and what is still to be taken back of
// clusters that are gone. The schemas and keys. Pure.
import { z } from "zod";
import type { StoreOperation } from "../../store/store.ts";

export const registrationPrefix = "load-balancer/clusters/";
export const tombstonePrefix = "load-balancer/tombstones/";

const registrationSchema = z.object({
  /** Of the instance of the cluster. */
  createdAtMs: z.number(),
  vpc: z.string(),
  /** By address. `adding` and `removing` are stored before the call, whose outcome may not be known. */
  hosts: z.record(z.string(), z.enum(["adding", "added", "removing"])),
  /** The addresses of the load balancer for this vpc, as it said last. */
  vip: z.array(z.string()),
  /** When it said so, in UNIX ms; 0: it has not yet. */
  vipAtMs: z.number(),
  /** When each of those addresses became known, in UNIX ms. Absent: by an earlier version. */
  vipSinceMs: z.record(z.string(), z.number()).optional(),
});
export const storedRegistration = registrationSchema;
export type Registration = Readonly<z.infer<typeof registrationSchema>>;

/** Hosts of a cluster that is gone or is being deleted. */
export const storedTombstone = z.object({
  cluster: z.string(),
  createdAtMs: z.number(),
  vpc: z.string(),
  hosts: z.array(z.string()),
  sinceMs: z.number(),
});
export type Tombstone = Readonly<z.infer<typeof storedTombstone>>;

export const registrationKey = (cluster: string) => `${registrationPrefix}${cluster}`;
/** The same for the same instance, so that it is made once, however often. */
export const tombstoneKey = ({ cluster, createdAtMs }: Pick<Tombstone, "cluster" | "createdAtMs">) =>
  `${tombstonePrefix}${cluster}@${createdAtMs}`;

export function emptyRegistration(vpc: string, createdAtMs: number): Registration {
  return { createdAtMs, vpc, hosts: {}, vip: [], vipAtMs: 0 };
}

export function tombstoneOf(cluster: string, { createdAtMs, vpc, hosts }: Registration, sinceMs: number): Tombstone {
  return { cluster, createdAtMs, vpc, hosts: Object.keys(hosts).toSorted(), sinceMs };
}

/** The registration becomes a tombstone, in one commit. */
export function buryOperations(tombstone: Tombstone): readonly StoreOperation[] {
  return [
    { op: "delete", key: registrationKey(tombstone.cluster) },
    { op: "put", key: tombstoneKey(tombstone), value: tombstone },
  ];
}
