// What is known of an agent's host, as executors there told it: Docker networks and images of nodes. Stored as hints under
// `agents/<agent id>`, one record each.
import type { HostReport } from "@cke/protocol";
import { z } from "zod";

const name = z.string().min(1).max(255);
const text = z.string().max(128);

/** Bounds of what is believed of one host, whoever sends it; executors keep to less. */
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

/** What is older is no ground to refuse anything: networks are made and removed by others. */
export const freshMs = 900_000;

/** What bodies are checked against. */
export interface KnownHosts {
  /** Fresh ones. */
  readonly hosts: readonly HostFacts[];
  /** True when every agent that is known to live was looked at a moment ago: then what is on none of them is nowhere. */
  readonly complete: boolean;
  readonly now: number;
}

export const nothingKnown: KnownHosts = { hosts: [], complete: false, now: 0 };

/**
 * As far as these hosts of a body's nodes ("*" for any) concern it: what is nowhere may all the same be on a host that is named and
 * not known, which may be there tomorrow.
 */
export function knownFor(known: KnownHosts, hosts: readonly string[]): KnownHosts {
  const names = new Set(known.hosts.map(({ hostname }) => hostname.toLowerCase()));
  return { ...known, complete: known.complete && hosts.every((host) => host === "*" || names.has(host.toLowerCase())) };
}

/** Undefined for a report beyond all bounds. */
export function hostFacts(report: HostReport, hostname: string, atMs: number): HostFacts | undefined {
  const { data } = reported.safeParse(report);
  return data === undefined ? undefined : { hostname, atMs, ...data };
}

/** True when they tell the same, at whatever time. */
export function sameFacts(left: HostFacts, right: HostFacts): boolean {
  const content = ({ atMs: _, ...rest }: HostFacts) => JSON.stringify(rest);
  return content(left) === content(right);
}

/** "host a (seen 12 s ago)" */
export function describeHost({ hostname, atMs }: HostFacts, now: number): string {
  return `host ${hostname} (seen ${Math.max(0, Math.round((now - atMs) / 1000))} s ago)`;
}
