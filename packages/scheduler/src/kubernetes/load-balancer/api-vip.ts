// The addresses at which the load balancer passes connections on to a cluster's API servers. Pure.
import { isIP } from "node:net";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import type { Registration } from "./registration.ts";

const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** True when the cluster's API server is to be reached at the load balancer. */
export const exposesByBalancer = ({ apiserver }: Pick<ClusterSpec, "apiserver">) =>
  apiserver?.expose.includes("spider-lb") === true;

/** Those of the load balancer's addresses that may be in a URL and in a certificate; none for a cluster that does not expose its API there. */
export function apiVips(spec: Pick<ClusterSpec, "apiserver">, vip: readonly string[]): readonly string[] {
  return exposesByBalancer(spec) ? vip.filter((one) => isIP(one) !== 0 || hostName.test(one)) : [];
}

type KnownSince = Readonly<Record<string, number>>;

/** What the load balancer has told now. Of an address that an earlier version knew already it is not known since when: for long. */
export function withVip(registration: Registration, vip: readonly string[], now: number): Registration {
  const { vip: before, vipSinceMs = {} } = registration;
  const since = vip.map((one): [string, number] => [one, vipSinceMs[one] ?? (before.includes(one) ? 0 : now)]);
  return { ...registration, vip: [...vip], vipAtMs: now, vipSinceMs: Object.fromEntries(since) };
}

/** Whether the certificate that a master shows now names an address: by the id of its executor. */
export type IsCertified = (executorId: string, address: string) => boolean;

/** A master that was launched before these addresses were known, and whose certificate does not name them yet. */
export interface LateMaster {
  readonly unit: string;
  readonly executorId: string;
  /** Of the agent that it runs on. */
  readonly hostname: string;
  readonly addresses: readonly string[];
}

export function lateMasters(
  { spec, units }: { readonly spec: ClusterSpec; readonly units: readonly UnitRecord[] },
  vip: readonly string[],
  sinceMs: KnownSince,
  isCertified: IsCertified,
): readonly LateMaster[] {
  const masters = spec.units.filter(({ type }) => type === "master").map(({ name }) => name);
  const known = apiVips(spec, vip);
  return units.flatMap(({ unit, launch }) => {
    if (launch === undefined || launch.cleanup || !masters.includes(unit)) return [];
    const { createdAtMs, executorId, hostname } = launch;
    const addresses = known.filter((one) => createdAtMs < (sinceMs[one] ?? 0) && !isCertified(executorId, one));
    return addresses.length === 0 ? [] : [{ unit, executorId, hostname, addresses }];
  });
}

/** Which of a cluster's masters have no certificate for an address yet, and what to do; "" when none is late. `problem`: why it is not given to one. */
export function lateCertificates(late: readonly LateMaster[], problem: (executorId: string) => string): string {
  if (late.length === 0) return "";
  const words = late.map(({ unit, executorId, addresses }) => {
    const why = problem(executorId);
    return `${addresses.join(", ")} is not in the certificate of ${unit} yet, which was launched before it was known${why === "" ? "" : ` (${why})`}`;
  });
  return `${words.join("; ")}. The certificate is given to it while it runs; a kubeconfig works meanwhile`;
}

export interface VipNews {
  readonly level: "info" | "warning";
  readonly words: string;
}

/**
 * What an operator has to know when the load balancer names other addresses than before; undefined when there is nothing. Certificates of
 * masters that were launched before do not name a new address. A kubeconfig asks for another name, which they all have.
 */
export function vipNews(
  { spec, units }: { readonly spec: ClusterSpec; readonly units: readonly UnitRecord[] },
  before: readonly string[],
  vip: readonly string[],
): VipNews | undefined {
  const added = apiVips(spec, vip).filter((one) => !before.includes(one));
  if (added.length === 0) return undefined;
  const launched = new Set(units.filter(({ launch }) => launch !== undefined).map(({ unit }) => unit));
  const late = spec.units.filter(({ name, type }) => type === "master" && launched.has(name)).map(({ name }) => name);
  const words = `the API server is reached at the load balancer's address ${added.join(", ")}`;
  if (late.length === 0) return { level: "info", words };
  return {
    level: "warning",
    words: `${words}, which became known after ${late.join(", ")} had been launched: their certificates get it while they run. A kubeconfig works at once; load_balancer.certificate_problem in state says which certificate has it not yet`,
  };
}
