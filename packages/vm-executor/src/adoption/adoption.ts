// Whether a domain that is found on the host is the one of this launch. Pure.
import { foreignness, type VmOwner } from "./ownership.ts";

export interface FoundDomain {
  readonly name: string;
  readonly uuid: string;
  /** It has a guest, be it paused. */
  readonly active: boolean;
  /** Undefined: the domain is not of CKE. */
  readonly labels: Readonly<Record<string, string>> | undefined;
}

export interface WantedDomain extends VmOwner {
  readonly name: string;
  readonly uuid: string;
}

export type AdoptionDecision =
  /** There is none. */
  | { readonly kind: "create" }
  /** Its guest runs: it is taken over as it is, and nothing restarts. */
  | { readonly kind: "adopt" }
  /** It is defined and has no guest: defined anew and started. */
  | { readonly kind: "restart" }
  /** Somebody else's: it is left alone, and the launch fails with these words. */
  | { readonly kind: "foreign"; readonly words: string };

/**
 * `byUuid` and `byName`: the domains of the wanted uuid and of the wanted name. A domain of another instance of the same VM has
 * another uuid and another name, so it is not found here: it stays as it is until its own removal.
 */
export function decideAdoption(
  wanted: WantedDomain,
  byUuid: FoundDomain | undefined,
  byName: FoundDomain | undefined,
): AdoptionDecision {
  if (byUuid !== undefined) {
    const problem = foreignness(wanted, byUuid.labels);
    if (problem !== undefined) return foreign(byUuid, problem);
    return byUuid.active ? { kind: "adopt" } : { kind: "restart" };
  }
  if (byName !== undefined) return foreign(byName, `has the name of this VM's domain and the uuid ${byName.uuid}`);
  return { kind: "create" };
}

function foreign({ name, active }: FoundDomain, problem: string): AdoptionDecision {
  const advice = "remove it if it is not needed";
  const command = active ? `virsh destroy ${name}; virsh undefine --nvram ${name}` : `virsh undefine --nvram ${name}`;
  return { kind: "foreign", words: `domain ${name} on this host ${problem}; ${advice} (${command})` };
}
