// Gives the BIRD of a node its configuration, and asks it. The daemon itself is a process of the node that the wrapper supervises.
import { boundedText, CkeError, type Clock } from "@cke/foundation";
import { bgpSecretsName, type KubeNodeTask } from "@cke/protocol";
import type { CommandResult, WrapperClient } from "../wrapper/wrapper-client.ts";
import type { Serving } from "./serving.ts";
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
/**
 * Protocols that announce, in birdc's words: those of a node, and those of a NAT gateway, whose default route for pods may come from its
 * sessions with routers.
 */
const announcing = { node: ["pods", "services", "api"], gateway: ["own", "way", '"router.*"'] } as const;
/** A node that ends does not wait longer than this for the withdrawal of its block. */
const withdrawalMs = 2_000;

/** The daemon does not run yet, or not now: it reads its configuration when it starts. */
const isAway = ({ stdout, stderr }: CommandResult) => /[Uu]nable to connect to server/.test(`${stdout}${stderr}`);

/** Lets the daemon read its configuration again; the same one changes nothing. False: it does not run. Throws CkeError `bird_failed`. */
async function reload(wrapper: BirdWrapper): Promise<boolean> {
  const result = await wrapper.run({ command: ["birdc", "configure"] });
  if (isAway(result)) return false;
  if (/^Reconfigur(ed|ation in progress)/m.test(result.stdout)) return true;
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

/** What a node may announce now. */
export interface Announces extends Serving {
  /** False once the node has taken everything back, its block too. */
  readonly any: boolean;
}

/** The configuration of a node. Throws RangeError for what BIRD cannot be given. */
export type BirdText = (announces: Announces) => string;

/**
 * The configuration of one node's BIRD. What is done to it is done in turn: nothing that is under way when the node ends can announce
 * its block again.
 */
export class BirdControl {
  #text: BirdText | undefined;
  #wrapper: BirdWrapper | undefined;
  #announces: Announces = { any: true, services: false, api: false };
  /** The daemon has read the file as it is. */
  #isRead = false;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Writes the configuration. The daemon reads it when it is another one, or when it has refused this one or did not run before. No session
   * ends for that but those that are gone from it. Throws CkeError `bird_failed` in an operator's words.
   */
  configure(wrapper: BirdWrapper, text: BirdText): Promise<void> {
    return this.#inTurn(() => {
      this.#text = text;
      this.#wrapper = wrapper;
      return this.#write(wrapper, text);
    });
  }

  /** The node can take other things than before. Nothing is written while there is no configuration. Throws likewise. */
  serve(serving: Serving): Promise<void> {
    return this.#inTurn(async () => {
      this.#announces = { ...this.#announces, ...serving };
      if (this.#wrapper !== undefined && this.#text !== undefined) await this.#write(this.#wrapper, this.#text);
    });
  }

  /** Lets the daemon read its configuration again. Throws likewise. */
  reload(wrapper: BirdWrapper): Promise<void> {
    return this.#inTurn(() => this.#reload(wrapper));
  }

  /**
   * Takes the announcement of the node's block back, because the node ends: its neighbours would keep the routes of a daemon that just
   * dies for ten minutes. What is configured from now on has no block either. It need not succeed, and never rejects.
   */
  async withdraw(wrapper: BirdWrapper, clock: Clock, kind: keyof typeof announcing = "node"): Promise<void> {
    const over = new AbortController();
    const work = this.#inTurn(async () => {
      this.#announces = { ...this.#announces, any: false };
      if (this.#text !== undefined) await this.#write(wrapper, this.#text);
      // It has never been configured by this executor: what it announces is what a former one has left.
      else for (const name of announcing[kind]) await wrapper.run({ command: ["birdc", "disable", name] });
    });
    await Promise.race([work, clock.sleep(withdrawalMs, over.signal)]).catch(() => {});
    over.abort();
  }

  async #write(wrapper: BirdWrapper, text: BirdText): Promise<void> {
    const content = encoder.encode(text(this.#announces));
    const wasRead = this.#isRead;
    // A write that fails may have changed the file.
    this.#isRead = false;
    const changed = await wrapper.putFile({ path: birdPath, mode: 0o600, content });
    if (changed || !wasRead) await this.#reload(wrapper);
    else this.#isRead = true;
  }

  async #reload(wrapper: BirdWrapper): Promise<void> {
    this.#isRead = false;
    this.#isRead = await reload(wrapper);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
