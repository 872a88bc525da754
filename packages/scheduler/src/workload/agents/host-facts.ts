// Facts about an agent's host, as executors there reported them: Docker networks and images of units. Stored under
// `agents/<agent id>`, one record each. CKE can do without them.
import type { HostReport } from "@cke/protocol";
import { z } from "zod";

const name = z.string().min(1).max(255);
const text = z.string().max(128);

/** Bounds of the facts about one host. Executors report less. */
const facts = {
  networks: z
    .array(
      z.object({
        name,
        driver: text,
        scope: text,
        ranges: z.array(z.object({ subnet: text, gateway: text })).max(16),
      }),
    )
    .max(256),
  images: z.array(z.object({ name, id: text })).max(256),
};

const reported = z.object(facts);
export const hostFactsSchema = z.object({ hostname: z.string().max(255), atMs: z.number(), ...facts });
export type HostFacts = z.infer<typeof hostFactsSchema>;
export type NetworkFacts = HostFacts["networks"][number];

/** Older facts are no reason to refuse anything, because others make and remove networks. */
export const freshMs = 900_000;

/** The facts against which bodies are checked. */
export interface KnownHosts {
  /** Facts that are not too old. */
  readonly hosts: readonly HostFacts[];
  /**
   * True when every known live agent has reported a moment ago. Then something that is on none of them exists nowhere.
   */
  readonly complete: boolean;
  readonly now: number;
}

export const nothingKnown: KnownHosts = { hosts: [], complete: false, now: 0 };

/**
 * The facts for these hosts of a body's units ("*" for any). A host that is named but not known may have what no other
 * host has, so the facts are not complete then.
 */
export function knownFor(known: KnownHosts, hosts: readonly string[]): KnownHosts {
  const names = new Set(known.hosts.map(({ hostname }) => hostname.toLowerCase()));
  return { ...known, complete: known.complete && hosts.every((host) => host === "*" || names.has(host.toLowerCase())) };
}

/** Undefined for a report that exceeds the bounds. */
export function hostFacts(report: HostReport, hostname: string, atMs: number): HostFacts | undefined {
  const { data } = reported.safeParse(report);
  return data === undefined ? undefined : { hostname, atMs, ...data };
}

/** True when both have the same facts, at any time. */
export function sameFacts(left: HostFacts, right: HostFacts): boolean {
  const content = ({ atMs: _, ...rest }: HostFacts) => JSON.stringify(rest);
  return content(left) === content(right);
}

/** "host a (seen 12 s ago)" */
export function describeHost({ hostname, atMs }: HostFacts, now: number): string {
  return `host ${hostname} (seen ${Math.max(0, Math.round((now - atMs) / 1000))} s ago)`;
}
