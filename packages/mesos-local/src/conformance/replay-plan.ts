// What a replay works out before it plays: which ids come from answers, when things that are not requests happen.
import type { Correspondence } from "./masking.ts";
import { type Recording, recordedText, type TimedExchange, type TimedNote } from "./recording.ts";

/**
 * The recorded agent took seconds to start: here it starts when the recorded one began to answer. And it noticed the
 * end of an executor up to 200 ms late: here the executor ends when the end was reported.
 */
export function timeOfNote({ text, file, atMs }: TimedNote, { exchanges }: Recording): number {
  if (text === "start agent") {
    const refused = exchanges.filter(({ exchange }) => exchange.response === null);
    return Math.max(atMs, ...refused.map((timed) => timed.atMs + 1));
  }
  const failure = exchanges
    .flatMap(({ exchange, atMs: at }) =>
      (exchange.response?.frames ?? []).map((frame) => ({ frame, at: at - exchange.t_ms + frame.t_ms })),
    )
    .find(({ frame, at }) => at > atMs && at < atMs + 500 && isFailureOf(recordedText(frame), executorOf(file)));
  return text.startsWith("exit ") && failure !== undefined ? failure.at - 3 : atMs;
}

/** Ids that appear in an answer before they appear in any request: requests with them have to wait for them. */
export function idsOfAnswers({ exchanges }: Recording, ids: Correspondence): Set<string> {
  const appearances = exchanges.flatMap(({ exchange, atMs }) => {
    const { request, response, t_ms } = exchange;
    const asked = [{ atMs, text: requestText(request), answer: false }];
    const head = { atMs, text: JSON.stringify(response?.headers ?? []), answer: true };
    const frames = (response?.frames ?? []).map((frame) => ({
      atMs: atMs - t_ms + frame.t_ms,
      text: recordedText(frame),
      answer: true,
    }));
    return [...asked, head, ...frames];
  });
  const first = new Map<string, boolean>();
  for (const { text, answer } of appearances.sort((a, b) => a.atMs - b.atMs)) {
    for (const id of ids.idsOf(text)) if (!first.has(id)) first.set(id, answer);
  }
  return new Set([...first].filter(([, answer]) => answer).map(([id]) => id));
}

export const modulo = (value: number, by: number) => ((value % by) + by) % by;

/** The executor whose side a recording is. */
export const executorOf = (file: string) => /^executor-.*?-(exec-.*|no-fid)$/.exec(file)?.[1];

const isFailureOf = (text: string, executor: string | undefined) =>
  text.startsWith('{"type":"FAILURE"') && text.includes(`"executor_id":{"value":"${executor}"}`);

/** A request's body: as recorded, or the usual serialisation. */
export function requestText({ body, body_text }: TimedExchange["exchange"]["request"]): string {
  if (typeof body_text === "string") return body_text;
  return body === undefined || body === null ? "" : JSON.stringify(body);
}
