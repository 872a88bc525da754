// What `birdc show protocols all` tells of the sessions of a BIRD. Pure.

export interface BgpSession {
  /** Of its protocol, for example "node.node0". */
  readonly name: string;
  /** Of the other end; "" when BIRD does not say it. */
  readonly neighbour: string;
  readonly established: boolean;
  /** When it came into its state, as BIRD writes it: "2026-12-01 01:50:00" in the daemon's time zone. */
  readonly since: string;
  /** State of BGP, and why it is no better: "Established", "Active Socket: Connection refused". */
  readonly info: string;
  /** Routes that are taken from the other end, and those that the filter refuses. */
  readonly imported: number;
  readonly filtered: number;
  /** Routes that the other end gets. */
  readonly exported: number;
}

/** What prints them. */
export const showSessions = "show protocols all";

/** Longest text that is kept of one line. */
const longest = 200;

/** The neighbour has sent more routes than are taken: "Receive limit:  10000 [HIT]". */
const isOver = (details: string) => /^\s*Receive limit:\s+\d+ \[HIT\]/m.test(details);
const overWords = ", sends more routes than are taken";

/** One protocol: its line, and the lines below it, which are set in. */
function sessionOf(text: string): BgpSession | undefined {
  const [head = "", ...below] = text.split("\n");
  const [, name, since, info = ""] = /^(\S+)\s+BGP\s+\S+\s+\S+\s+(\d\S+ \d\S+)\s*(.*)$/.exec(head) ?? [];
  if (name === undefined || since === undefined) return undefined;
  const details = below.join("\n");
  const number = (words: RegExp) => Number(words.exec(details)?.[1] ?? 0);
  return {
    name,
    neighbour: /Neighbor address:\s+(\S+)/.exec(details)?.[1] ?? "",
    established: /^Established\b/.test(info),
    since,
    info: `${info.trim().replace(/\s+/g, " ").slice(0, longest)}${isOver(details) ? overWords : ""}`,
    imported: number(/Routes:.*?(\d+) imported/),
    filtered: number(/Routes:.*?(\d+) filtered/),
    exported: number(/Routes:.*?(\d+) exported/),
  };
}

/** The sessions in the order of the configuration. What is no session is left out. */
export const readSessions = (output: string): readonly BgpSession[] =>
  output.split(/\n(?=\S)/).flatMap((text) => sessionOf(text) ?? []);
