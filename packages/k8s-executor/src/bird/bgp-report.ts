// What a node's executor reports of its sessions, bounded. Pure.
import { boundedText } from "@cke/foundation";
import type { BgpReport } from "@cke/protocol";
import type { BgpSession } from "./sessions.ts";

/** Most sessions that a report names; the others are counted. */
export const mostShown = 32;
const maxInfoBytes = 100;

export const notAsked: BgpReport = { problem: "", sessions: 0, established: 0, imported: 0, flaps: 0, shown: [] };

const isOfNode = ({ name }: BgpSession) => name.startsWith("node.");
/** Those that are not established, and those with routers, come first. */
const rank = (session: BgpSession) => (session.established ? (isOfNode(session) ? 2 : 1) : 0);

export function bgpReport(sessions: readonly BgpSession[], flaps: number): BgpReport {
  // All with routers are shown, so that who has one can be counted: a cluster has at most 16 of them.
  const shown = sessions
    .toSorted((one, other) => Number(isOfNode(one)) - Number(isOfNode(other)) || rank(one) - rank(other))
    .slice(0, mostShown)
    .toSorted((one, other) => rank(one) - rank(other));
  return {
    problem: "",
    sessions: sessions.length,
    established: sessions.filter(({ established }) => established).length,
    imported: sessions.reduce((sum, { imported }) => sum + imported, 0),
    flaps,
    shown: shown.map((session) => ({ ...session, info: boundedText(session.info, { maxBytes: maxInfoBytes }) })),
  };
}

/** How many sessions have ended between two looks, those that have come back since among them. */
export function countFlaps(before: readonly BgpSession[], now: readonly BgpSession[]): number {
  const present = new Map(now.map((session) => [session.name, session]));
  return before.filter(({ name, established, since }) => {
    const next = present.get(name);
    return established && next !== undefined && (!next.established || next.since !== since);
  }).length;
}

/** The session that is not up: BIRD tries again all the time, and its word for that changes ("Connect", "Active"). What follows is the error. */
const errorOf = ({ established, info }: BgpSession) => (established ? info : info.replace(/^\S+\s*/, ""));

/**
 * How much two reports differ. Each report is a commit of the scheduler's store, so that what changes all the time must not be told at once:
 * "details" are numbers of routes and words. What BIRD is just doing for a session that is down is no difference at all.
 */
export function changeOf(before: BgpReport, now: BgpReport): "none" | "details" | "state" {
  const state = ({ shown, imported: _, ...counts }: BgpReport) =>
    JSON.stringify([
      counts,
      shown.map(({ name, established, since }) => [name, established, established ? since : ""]),
    ]);
  const details = ({ imported, shown }: BgpReport) =>
    JSON.stringify([imported, shown.map((session) => ({ ...session, info: errorOf(session) }))]);
  if (state(before) !== state(now)) return "state";
  return details(before) === details(now) ? "none" : "details";
}
