// What is known of the certificates of running masters: which of the load balancer's addresses they name, and why one cannot be given to
// them. It is what masters showed, so a scheduler that is started again looks anew.
import type { CertifiedAddresses } from "../load-balancer/load-balancer-parts.ts";

export class CertifiedMasters implements CertifiedAddresses {
  readonly #addresses = new Map<string, ReadonlySet<string>>();
  readonly #problems = new Map<string, string>();

  has(executorId: string, address: string): boolean {
    return this.#addresses.get(executorId)?.has(address) === true;
  }

  problem(executorId: string): string {
    return this.#problems.get(executorId) ?? "";
  }

  /** Its certificate names these addresses. */
  note(executorId: string, addresses: readonly string[]): void {
    this.#addresses.set(executorId, new Set([...(this.#addresses.get(executorId) ?? []), ...addresses]));
    this.#problems.delete(executorId);
  }

  fail(executorId: string, problem: string): void {
    this.#problems.set(executorId, problem);
  }

  /** Others are forgotten. */
  keep(executorIds: ReadonlySet<string>): void {
    for (const known of [this.#addresses, this.#problems])
      for (const id of known.keys()) if (!executorIds.has(id)) known.delete(id);
  }
}
