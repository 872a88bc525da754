// Plays the requests of recordings against an embedded Mesos and compares every answer. Whatever was recorded before a
// request has to come before it is played, and time passes only as far as the recording says: the machine's speed does
// not matter.
import { answerDifferences } from "./answer-differences.ts";
import { FrameMatcher, heartbeat, isOffers } from "./frame-match.ts";
import { Correspondence } from "./masking.ts";
import { type RawAnswer, sendRaw } from "./raw-request.ts";
import { type Recording, recordedText, type TimedExchange, type TimedNote } from "./recording.ts";
import { executorOf, idsOfAnswers, modulo, requestText, timeOfNote } from "./replay-plan.ts";
import type { CommandEnd } from "./scenarios.ts";
import type { Stage } from "./stage.ts";
import type { StageClock } from "./stage-clock.ts";

/** Real milliseconds in which processes have to do what the recording says; then time passes, at most so much of it. */
const patience = { patienceMs: 4_000, creepMs: 6_000 };
/** After this many failed waits the replay no longer follows the recording: the rest is played without waiting. */
const impatience = { patienceMs: 100, creepMs: 300 };
const allocatorMs = 1_000;
/** A recorded timer may have been early by this much. */
const slackMs = 40;
/** How much earlier or later than recorded an event may come: a run of the allocator and what real processes took. */
const punctualMs = 1_500;
/** Clocks of two recordings may differ by this much: between them it is open what came first. */
const skewMs = 3;

export interface ExchangeResult {
  readonly file: string;
  readonly seq: number;
  readonly label: string;
  /** What differs; empty when the exchange matches. */
  readonly differences: readonly string[];
}

interface Running {
  readonly timed: TimedExchange;
  readonly frames: FrameMatcher;
  answer?: RawAnswer;
  differences: string[];
}

interface RecordedFrame {
  readonly timed: TimedExchange;
  readonly text: string;
  readonly atMs: number;
}

interface ReplayOptions {
  /** Must every offer have the recorded amounts? */
  readonly exactOffers: boolean;
  readonly patienceMs?: number;
  /** What the recorded master or agent took to start: so much earlier may events come. */
  readonly slowStartMs?: number;
  readonly commandEnds?: readonly CommandEnd[];
  /** True for a difference that is known: nothing waits for it. */
  readonly isListed: (file: string, seq: number, difference: string) => boolean;
}

export class Replay {
  readonly #stage: Stage;
  readonly #recording: Recording;
  readonly #clock: StageClock;
  readonly #options: ReplayOptions;
  readonly #ids = new Correspondence();
  readonly #commandEnds: readonly CommandEnd[];
  readonly #running: Running[] = [];
  readonly #answered: Set<string>;
  readonly #frames: readonly RecordedFrame[];
  /** Records that did not come in time once: nothing else waits for them. */
  readonly #givenUp = new Set<string>();
  /** All recorded requests, to tell ids that were chosen by a client. */
  readonly #asked: string;
  /** Recorded time minus time of the clock; falls behind when the stage is slower than the recording. */
  #offsetMs = 0;

  constructor(stage: Stage, recording: Recording, clock: StageClock, options: ReplayOptions) {
    this.#options = options;
    this.#commandEnds = options.commandEnds ?? [];
    this.#stage = stage;
    this.#recording = recording;
    this.#clock = clock;
    for (const port of ["5050", "5070"]) this.#ids.learn(port, String(stage.masterPort));
    this.#ids.learn("5051", String(stage.agentPort));
    for (const path of ["/srv/mesos/run/agent", "/opt/mesos-build/run/agent"]) {
      this.#ids.learn(path, stage.agentDirectory);
      this.#ids.learn(encodeURIComponent(path), encodeURIComponent(stage.agentDirectory));
    }
    this.#ids.learn("8098", String(stage.filesPort));
    this.#asked = recording.exchanges.map(({ exchange }) => requestText(exchange.request)).join("\n");
    this.#answered = idsOfAnswers(recording, this.#ids);
    this.#frames = recording.exchanges.flatMap(framesOf);
  }

  /** Plays everything, beginning `phaseMs` after a run of the allocator; resolves with one result per exchange. */
  async run(phaseMs: number): Promise<readonly ExchangeResult[]> {
    const recording = this.#recording;
    const { exchanges, notes } = recording;
    const steps = [
      ...exchanges.map((timed) => ({ atMs: timed.atMs, play: () => this.#exchange(timed) })),
      ...notes.map((note) => ({ atMs: timeOfNote(note, recording), play: () => this.#note(note) })),
      ...this.#frames.map((frame) => ({ atMs: frame.atMs + skewMs, play: () => this.#arrival(frame) })),
      ...exchanges.flatMap((timed) => this.#aborts(timed)),
      ...this.#commandEnds.map(({ command, atMs }) => ({ atMs, play: () => this.#stage.endCommand(command) })),
    ].sort((a, b) => a.atMs - b.atMs);
    await this.#clock.pass(modulo(phaseMs - this.#stage.allocatorPhaseMs(), allocatorMs));
    this.#offsetMs = (steps[0]?.atMs ?? 0) - this.#clock.now();
    for (const step of steps) {
      const early = step.atMs - this.#recordedNow();
      if (early > 0) await this.#clock.pass(early);
      await step.play();
    }
    await this.#clock.pass(slackMs);
    return this.#running.map(({ timed, frames, differences }) => ({
      file: timed.file,
      seq: timed.exchange.seq,
      label: timed.exchange.label,
      differences: [
        ...differences,
        ...frames.missing().map((text) => `missing ${text}`),
        ...frames.unexpected.map((text) => `unexpected ${text}`),
      ],
    }));
  }

  #recordedNow(): number {
    return this.#clock.now() + this.#offsetMs;
  }

  /** Waits until something holds, in no time at first; the rest of the recording moves back by the time it took. */
  async #until(condition: () => boolean): Promise<void> {
    const since = this.#clock.now();
    const { patienceMs, creepMs } = this.#givenUp.size > 3 ? impatience : { ...patience, ...this.#options };
    await this.#clock.until(condition, patienceMs, creepMs);
    const waited = this.#clock.now() - since;
    // By whole runs of the allocator, so that requests meet it in the same phase; a small delay is caught up.
    if (waited > allocatorMs / 4) this.#offsetMs -= Math.ceil(waited / allocatorMs) * allocatorMs;
  }

  /** Waits for what the client of a recording had received by then: its next step answers that. */
  async #arrivals(file: string, untilMs: number): Promise<void> {
    for (const frame of this.#frames) {
      if (frame.timed.file === file && frame.atMs <= untilMs) await this.#arrival(frame);
    }
  }

  async #arrival({ timed, text, atMs }: RecordedFrame): Promise<void> {
    const running = this.#running.find((other) => other.timed === timed);
    const came = () => running === undefined || !running.frames.waitsFor(text, atMs);
    const { file, exchange } = timed;
    if (came() || this.#givenUp.has(text) || this.#options.isListed(file, exchange.seq, `missing ${text}`)) return;
    const ahead = atMs + slackMs - this.#recordedNow();
    if (ahead > 0 && !(await this.#clock.until(came, 30, 0))) await this.#clock.pass(ahead, came);
    if (came()) return;
    // Offers wait for the allocator, everything else for processes.
    if (isOffers(text)) await this.#clock.pass(allocatorMs, came);
    else await this.#until(came);
    if (!came()) this.#givenUp.add(text);
  }

  #received(running: Running, text: string): void {
    const atMs = running.frames.receive(text);
    if (atMs === undefined || text === heartbeat) return;
    const lateMs = this.#recordedNow() - atMs;
    const earliestMs = -punctualMs - (this.#options.slowStartMs ?? 0);
    if (lateMs > punctualMs || lateMs < earliestMs) running.differences.push(`${lateMs} ms late ${text.slice(0, 200)}`);
    if (!isOffers(text)) return;
    // Offers show where in its second the recorded allocator was.
    const error = (atMs - this.#recordedNow()) % allocatorMs;
    this.#offsetMs += error - allocatorMs * Math.round(error / allocatorMs);
  }

  async #exchange(timed: TimedExchange): Promise<void> {
    const { exchange, file, atMs } = timed;
    const { request } = exchange;
    await this.#arrivals(file, atMs);
    const forAgent = exchange.peer.endsWith(":5051");
    const executor = executorOf(file);
    if (forAgent && executor !== undefined && exchange.seq === 1) {
      await this.#until(() => this.#stage.executorRuns(executor));
    }
    const bodyText = requestText(request);
    const needed = [bodyText, JSON.stringify(request.headers)]
      .flatMap((text) => this.#ids.idsOf(text))
      .filter((id) => this.#answered.has(id));
    await this.#until(() => needed.every((id) => this.#ids.knows(id)));
    for (const id of needed) this.#answered.delete(id);
    const body = this.#withCommands(this.#ids.translate(bodyText));
    const running: Running = {
      timed,
      frames: new FrameMatcher(this.#ids, framesOf(timed), this.#options.exactOffers),
      differences: [],
    };
    this.#running.push(running);
    let over = false;
    const sent = sendRaw({
      port: forAgent ? this.#stage.agentPort : this.#stage.masterPort,
      method: request.method,
      path: this.#ids.translate(request.path),
      headers: request.headers.map(([name, value]) => [name, this.#headerValue(name, value, body)] as const),
      body,
      onRecord: (text) => this.#received(running, text),
    }).then(
      async (answer) => {
        running.answer = answer;
        running.differences.push(...(await answerDifferences(exchange, answer, this.#ids, this.#asked)));
      },
      (error: unknown) => {
        if (exchange.response !== null) running.differences.push(`no answer: ${error}`);
      },
    );
    void sent.finally(() => {
      over = true;
    });
    await this.#until(() => over);
    if (!over) running.differences.push("no answer in time");
  }

  #withCommands(body: string): string {
    const value = (text: string) => `"command":{"value":${JSON.stringify(text)}}`;
    return this.#commandEnds.reduce(
      (text, { command }) => text.replaceAll(value(command), value(this.#stage.waitingCommand(command))),
      body,
    );
  }

  #headerValue(name: string, value: string, body: string): string {
    if (name.toLowerCase() === "content-length") return String(Buffer.byteLength(body));
    return this.#ids.translate(value);
  }

  /** The scheduler closed its stream in the recording: so does the replay. */
  #aborts(timed: TimedExchange) {
    const { end } = timed.exchange.response ?? {};
    if (end?.how !== "aborted") return [];
    const atMs = timed.atMs - timed.exchange.t_ms + end.t_ms;
    const play = async () => {
      await this.#arrivals(timed.file, atMs);
      this.#running.find((running) => running.timed === timed)?.answer?.abort();
    };
    return [{ atMs, play }];
  }

  async #note({ text, file }: TimedNote): Promise<void> {
    if (text.startsWith("kill -9 agent")) await this.#clock.during(this.#stage.stopAgent());
    else if (text === "start agent") await this.#clock.during(this.#stage.startAgent());
    else if (text === "kill master") await this.#clock.during(this.#stage.stopMaster());
    else if (text === "master up") await this.#clock.during(this.#stage.startMaster());
    else if (text === "the agent finds the master") this.#stage.showMasterToAgent();
    const executor = executorOf(file);
    const code = /^exit (\d+)/.exec(text)?.[1] ?? (text === "no checkpointing: exit" ? "0" : undefined);
    if (executor !== undefined && code !== undefined) await this.#stage.endExecutor(executor, Number(code));
  }
}

/** The records of a streaming answer but for heartbeats, which come in their own time. */
function framesOf(timed: TimedExchange): readonly RecordedFrame[] {
  const { response, t_ms } = timed.exchange;
  return (response?.frames ?? [])
    .map((frame) => ({ timed, text: recordedText(frame), atMs: timed.atMs - t_ms + frame.t_ms }))
    .filter(({ text }) => text !== heartbeat);
}
