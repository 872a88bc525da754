// Plays the requests of recordings against an embedded Mesos, in the recorded order and pace, and compares every answer.
import type { Clock } from "@cke/foundation";
import { FrameMatcher } from "./frame-match.ts";
import { Correspondence, maskText } from "./masking.ts";
import { type RawAnswer, sendRaw } from "./raw-request.ts";
import { type Recording, recordedText, type TimedExchange, type TimedNote } from "./recording.ts";
import { executorOf, idsOfAnswers, isCause, modulo, requestText, timeOfNote } from "./replay-plan.ts";
import type { Stage } from "./stage.ts";

/** Recorded milliseconds to wait at most for something that a request depends on. */
const patienceMs = 6_000;
const allocatorMs = 1_000;

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

export class Replay {
  readonly #stage: Stage;
  readonly #recording: Recording;
  readonly #clock: Clock;
  readonly #exactOffers: boolean;
  readonly #ids = new Correspondence();
  readonly #running: Running[] = [];
  readonly #answered: Set<string>;
  /** Records that did not come in time once: nothing else waits for them. */
  readonly #givenUp = new Set<string>();
  /** All recorded requests, to tell ids that were chosen by a client. */
  readonly #asked: string;
  /** Recorded time minus time of the clock; falls behind when the stage is slower than the recording. */
  #offsetMs = 0;

  constructor(stage: Stage, recording: Recording, clock: Clock, exactOffers: boolean) {
    this.#exactOffers = exactOffers;
    this.#stage = stage;
    this.#recording = recording;
    this.#clock = clock;
    this.#ids.learn("5050", String(stage.masterPort));
    this.#ids.learn("5051", String(stage.agentPort));
    this.#ids.learn("8098", String(stage.filesPort));
    this.#asked = recording.exchanges.map(({ exchange }) => requestText(exchange.request)).join("\n");
    this.#answered = idsOfAnswers(recording, this.#ids);
  }

  /** Plays everything, beginning `phaseMs` after a run of the allocator; resolves with one result per exchange. */
  async run(phaseMs: number): Promise<readonly ExchangeResult[]> {
    const recording = this.#recording;
    const { exchanges, notes } = recording;
    const steps = [
      ...exchanges.map((timed) => ({ atMs: timed.atMs, play: () => this.#exchange(timed) })),
      ...notes.map((note) => ({ atMs: timeOfNote(note, recording), play: () => this.#note(note) })),
      ...exchanges.flatMap((timed) => this.#aborts(timed)),
    ].sort((a, b) => a.atMs - b.atMs);
    await this.#clock.sleep(modulo(phaseMs - this.#stage.allocatorPhaseMs(), allocatorMs));
    this.#offsetMs = (steps[0]?.atMs ?? 0) - this.#clock.now();
    for (const step of steps) {
      const early = step.atMs - (this.#clock.now() + this.#offsetMs);
      if (early > 0) await this.#clock.sleep(early);
      await step.play();
    }
    const end = Math.max(
      ...exchanges.flatMap(({ exchange, atMs }) =>
        (exchange.response?.frames ?? []).map((frame) => atMs - exchange.t_ms + frame.t_ms),
      ),
    );
    await this.#until(() => this.#running.every(({ frames }) => frames.missing(end + 1).length === 0));
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

  /** Waits until something holds, at most for the patience; the rest of the recording moves back by that time. */
  async #until(condition: () => boolean): Promise<void> {
    const since = this.#clock.now();
    // After a few disappointments the replay has gone astray: the rest is only hurried through.
    const patience = this.#givenUp.size > 3 ? patienceMs / 20 : patienceMs;
    while (!condition() && this.#clock.now() - since < patience) await this.#clock.sleep(10);
    const waited = this.#clock.now() - since;
    // By whole runs of the allocator, so that requests meet it in the same phase; a small delay is caught up.
    if (waited > allocatorMs / 4) this.#offsetMs -= Math.ceil(waited / allocatorMs) * allocatorMs;
  }

  #received(running: Running, text: string): void {
    const atMs = running.frames.receive(text);
    if (atMs === undefined || !text.startsWith('{"type":"OFFERS"')) return;
    // Offers show where in its second the recorded allocator was.
    const error = (atMs - (this.#clock.now() + this.#offsetMs)) % allocatorMs;
    this.#offsetMs += error - allocatorMs * Math.round(error / allocatorMs);
  }

  async #exchange(timed: TimedExchange): Promise<void> {
    const { exchange, file, atMs } = timed;
    const { request } = exchange;
    const forAgent = exchange.peer.endsWith(":5051");
    const executor = executorOf(file);
    if (forAgent && executor !== undefined && exchange.seq === 1) {
      await this.#until(() => this.#stage.executorRuns(executor));
    }
    // What had been received before this request in the recording must have come now: requests answer events.
    const late = () =>
      this.#running
        .flatMap(({ frames }) => frames.missing(atMs - 3))
        .filter((text) => isCause(text) && !this.#givenUp.has(text));
    await this.#until(() => late().length === 0);
    for (const text of late()) this.#givenUp.add(text);
    const bodyText = requestText(request);
    const needed = [bodyText, JSON.stringify(request.headers)]
      .flatMap((text) => this.#ids.idsOf(text))
      .filter((id) => this.#answered.has(id));
    await this.#until(() => needed.every((id) => this.#ids.knows(id) || this.#givenUp.has(id)));
    for (const id of needed) if (!this.#ids.knows(id)) this.#givenUp.add(id);
    const body = this.#ids.translate(bodyText);
    const base = atMs - exchange.t_ms;
    const running: Running = {
      timed,
      frames: new FrameMatcher(
        this.#ids,
        (exchange.response?.frames ?? []).map((frame) => ({ text: recordedText(frame), atMs: base + frame.t_ms })),
        this.#exactOffers,
      ),
      differences: [],
    };
    this.#running.push(running);
    try {
      running.answer = await sendRaw({
        port: forAgent ? this.#stage.agentPort : this.#stage.masterPort,
        method: request.method,
        path: request.path,
        headers: request.headers.map(([name, value]) => [name, this.#headerValue(name, value, body)] as const),
        body,
        onRecord: (text) => this.#received(running, text),
      });
      await this.#compare(running, running.answer);
    } catch (error) {
      if (exchange.response !== null) running.differences.push(`no answer: ${error}`);
    }
  }

  #headerValue(name: string, value: string, body: string): string {
    if (name.toLowerCase() === "content-length") return String(Buffer.byteLength(body));
    return this.#ids.translate(value);
  }

  async #compare({ timed, differences }: Running, answer: RawAnswer): Promise<void> {
    const { response } = timed.exchange;
    if (response === null) {
      differences.push(`answered ${answer.status}`);
      return;
    }
    if (answer.status !== response.status || answer.reason !== response.reason) {
      differences.push(`status ${answer.status} ${answer.reason}, recorded ${response.status} ${response.reason}`);
    }
    const shape = (headers: RawAnswer["headers"]) =>
      headers.map(([name, value]) =>
        /^(date|content-length|mesos-stream-id)$/i.test(name) ? name : `${name}: ${value}`,
      );
    const [had, has] = [shape(response.headers).join(", "), shape(answer.headers).join(", ")];
    if (had !== has) differences.push(`headers ${has}, recorded ${had}`);
    const streamId = (headers: RawAnswer["headers"]) => headers.find(([name]) => name === "Mesos-Stream-Id")?.[1];
    const [recordedId, actualId] = [streamId(response.headers), streamId(answer.headers)];
    if (recordedId !== undefined && actualId !== undefined) this.#ids.learn(recordedId, actualId);
    if (response.frames !== undefined) return;
    const [recorded, actual] = [recordedText(response), await answer.body];
    const length = answer.headers.find(([name]) => name === "Content-Length")?.[1];
    if (length !== String(Buffer.byteLength(actual))) differences.push(`Content-Length ${length} of ${actual.length}`);
    const comparable = /^\/(frameworks|tasks)$/.test(timed.exchange.request.path) ? this.#comparable : String;
    const difference = this.#ids.difference(maskText(comparable(recorded)), maskText(comparable(actual)));
    if (difference !== undefined) differences.push(`body ${difference}`);
  }

  /**
   * Lists of frameworks and tasks: the recorded master had served other recordings before, what it tells about them is
   * left out; and it lists tasks in the order of its hash table.
   */
  readonly #comparable = (text: string): string => {
    const own = (id: unknown) =>
      typeof id === "string" && (this.#ids.knows(id) || this.#ids.means(id) || this.#asked.includes(`"value":"${id}"`));
    return JSON.stringify(JSON.parse(text), (key, value: unknown) => {
      if (!/^(tasks|frameworks|completed_frameworks|completed_tasks)$/.test(key) || !Array.isArray(value)) return value;
      const items = value.map((item: { id?: unknown; framework_id?: unknown }) => item);
      return items
        .filter(({ id, framework_id }) => own(key.endsWith("tasks") ? framework_id : id))
        .sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
    });
  };

  /** The scheduler closed its stream in the recording: so does the replay. */
  #aborts(timed: TimedExchange) {
    const { end } = timed.exchange.response ?? {};
    if (end?.how !== "aborted") return [];
    const play = async () => {
      this.#running.find((running) => running.timed === timed)?.answer?.abort();
    };
    return [{ atMs: timed.atMs - timed.exchange.t_ms + end.t_ms, play }];
  }

  async #note({ text, file }: TimedNote): Promise<void> {
    if (text.startsWith("kill -9 agent")) await this.#stage.stopAgent();
    else if (text === "start agent") await this.#stage.startAgent();
    const executor = executorOf(file);
    const code = /^exit (\d+)/.exec(text)?.[1];
    if (executor !== undefined && code !== undefined) await this.#stage.endExecutor(executor, Number(code));
  }
}
