// Gives the BIRD of a node its configuration, and asks it. The daemon itself is a process of the node that the wrapper supervises.
import { boundedText, CkeError } from "@cke/foundation";
import { bgpSecretsName, type KubeNodeTask } from "@cke/protocol";
import type { CommandResult, WrapperClient } from "../wrapper/wrapper-client.ts";
import { type BgpSession, readSessions, showSessions } from "./sessions.ts";

export type BirdWrapper = Pick<WrapperClient, "putFile" | "run">;

/** The image's launcher (cke-bird) begins with it. It is no file system in memory: a container that starts again has it at once. */
export const birdPath = "/etc/cke/bird/bird.conf";
/** Where the node's secret is written, as `cke.conf` says. */
export const secretsPath = "/etc/cke/bird/secrets.conf";

/** True for a node whose pods its BIRD routes: only such a node has the secrets of BGP. */
export const hasBird = ({ secrets }: Pick<KubeNodeTask, "secrets">) =>
  secrets.some(({ name }) => name === bgpSecretsName);

const encoder = new TextEncoder();
const maxWordsBytes = 500;

/** The daemon does not run yet, or not now: it reads its configuration when it starts. */
const isAway = ({ stdout, stderr }: CommandResult) => /[Uu]nable to connect to server/.test(`${stdout}${stderr}`);

/**
 * Writes the configuration, and lets the daemon read it. No session ends for that but those that are gone from it. It is read each time,
 * because the daemon may have refused the same before. Throws CkeError `bird_failed` in an operator's words.
 */
export async function configureBird(wrapper: BirdWrapper, text: string): Promise<void> {
  await wrapper.putFile({ path: birdPath, mode: 0o600, content: encoder.encode(text) });
  await reloadBird(wrapper);
}

/** Lets the daemon read its configuration again; the same one changes nothing. Throws likewise. */
export async function reloadBird(wrapper: BirdWrapper): Promise<void> {
  const result = await wrapper.run({ command: ["birdc", "configure"] });
  if (isAway(result) || /^Reconfigur(ed|ation in progress)/m.test(result.stdout)) return;
  // What it refuses is told with place and reason, without the line itself.
  const said = `${result.stdout}\n${result.stderr}`
    .replace(/^BIRD [\d.]+ ready\.$|^Reading configuration.*$/gm, "")
    .trim();
  const words = boundedText(said, { maxBytes: maxWordsBytes });
  throw new CkeError("bird_failed", `its BIRD does not take its configuration: ${words}`, { retryable: true });
}

export interface BirdAnswer {
  /** Since when the daemon runs, in its own words. */
  readonly runsSince: string;
  readonly sessions: readonly BgpSession[];
}

/** What the daemon says; undefined when it does not run. Rejects when the node does not answer. */
export async function askBird(wrapper: BirdWrapper): Promise<BirdAnswer | undefined> {
  const status = await wrapper.run({ command: ["birdc", "-r", "show status"] });
  const [, runsSince] = /^Last reboot on (.+)$/m.exec(status.stdout) ?? [];
  if (runsSince === undefined) return undefined;
  const shown = await wrapper.run({ command: ["birdc", "-r", showSessions] });
  return { runsSince, sessions: readSessions(shown.stdout) };
}

/**
 * Takes the announcement of the node's block back, because the node ends: its neighbours would keep the routes of a daemon that just
 * dies for ten minutes. It need not succeed, and never rejects.
 */
export async function withdrawBlock(wrapper: Pick<BirdWrapper, "run">): Promise<void> {
  await wrapper.run({ command: ["birdc", "disable", "pods"], timeoutMs: 2_000 }).catch(() => {});
}
