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

const remedy = (masters: readonly string[]) =>
  masters.length > 1
    ? "stop and start the cluster, or replace one master after the other"
    : "stop and start the cluster";

/** Which masters were launched before one of the addresses was known, and what gives their certificates its name; "" when none was. */
export function lateCertificates(
  { spec, units }: { readonly spec: ClusterSpec; readonly units: readonly UnitRecord[] },
  vip: readonly string[],
  sinceMs: KnownSince,
): string {
  const masters = spec.units.filter(({ type }) => type === "master").map(({ name }) => name);
  const late = apiVips(spec, vip).flatMap((address) => {
    const since = sinceMs[address] ?? 0;
    const before = units.filter(({ unit, launch }) => masters.includes(unit) && (launch?.createdAtMs ?? since) < since);
    return before.length === 0
      ? []
      : [
          `${address} is not in the certificates of ${before.map(({ unit }) => unit).join(", ")}, which were launched before it was known`,
        ];
  });
  if (late.length === 0) return "";
  return `${late.join("; ")}: a kubeconfig works all the same; for clients that compare the address ${remedy(masters)}`;
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
    words: `${words}, which became known after ${late.join(", ")} had been launched: their certificates get it with their next launch. A kubeconfig works at once; for clients that compare the address, stop and start the cluster, or replace one master after the other; load_balancer.certificate_problem in state says it until then`,
  };
}
