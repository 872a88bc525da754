// What holds for every stream and every event, however it is cut and whatever is in it.
import { MesosProtocolError } from "../encoding/errors.ts";
import { encodeRecord, RecordIoDecoder } from "../encoding/record-io.ts";
import { parseExecutorEvent } from "../v1/messages/executor-event.ts";
import { parseSchedulerEvent } from "../v1/messages/scheduler-event.ts";
import { loadRecording, recordingNames } from "./recording.ts";
import { almost, chunksOf, cutPlaces, damaged, forAll, recordLists, tuple } from "./wire-arbitraries.ts";

const maxRecordBytes = 1_000;

/** Records before the failure, and the failure's code. */
function decode(chunks: readonly Uint8Array[]): { readonly records: readonly string[]; readonly failure?: string } {
  const decoder = new RecordIoDecoder({ maxRecordBytes });
  const records: string[] = [];
  try {
    for (const chunk of chunks) {
      for (const record of decoder.push(chunk)) records.push(Buffer.from(record).toString("latin1"));
    }
    decoder.end();
  } catch (error) {
    // Anything else is a crash.
    if (!(error instanceof MesosProtocolError)) throw error;
    return { records, failure: error.code };
  }
  return { records };
}

function mustEqual(what: string, one: unknown, other: unknown): void {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)];
  if (left !== right) throw new Error(`${what}: ${left} and ${right} differ`);
}

/** Records come out as they went in, wherever the stream is cut. */
export function recordsSurviveChunking(cases: number): void {
  forAll(tuple(recordLists, cutPlaces), cases, ([records, cuts]) => {
    const stream = Buffer.concat(records.map(encodeRecord));
    const wanted = records.filter(({ length }) => length > 0).map((record) => Buffer.from(record).toString("latin1"));
    mustEqual("records", decode(chunksOf(stream, cuts)), { records: wanted });
  });
}

/** A damaged stream gives the same records and the same failure in any chunks, and no record above the limit. */
export function damageDoesNotDependOnChunking(cases: number): void {
  const streams = damaged(recordLists.map((records) => Buffer.concat(records.map(encodeRecord))));
  forAll(tuple(streams, cutPlaces), cases, ([stream, cuts]) => {
    const whole = decode([stream]);
    mustEqual("chunking", decode(chunksOf(stream, cuts)), whole);
    if (whole.records.some(({ length }) => length > maxRecordBytes)) throw new Error("a record above the limit");
    const bytes = whole.records.reduce((sum, { length }) => sum + length, 0);
    if (bytes > stream.length) throw new Error("more came out than went in");
  });
}

/** All events of the recordings in `directory`: of schedulers and of executors. */
export function recordedEvents(directory: string): { readonly scheduler: unknown[]; readonly executor: unknown[] } {
  const of = (names: readonly string[]) =>
    names
      .flatMap((name) => loadRecording(directory, name).exchanges)
      .flatMap(({ response }) => response?.frames ?? [])
      .map(({ body }) => body);
  const names = recordingNames(directory);
  const isExecutors = (name: string) => /^executor-.*-/.test(name);
  return { scheduler: of(names.filter((name) => !isExecutors(name))), executor: of(names.filter(isExecutors)) };
}

/** An event that is almost right is read or is UNKNOWN with a problem in words; never an exception. */
export function eventsNeverThrow(directory: string, cases: number): void {
  const { scheduler, executor } = recordedEvents(directory);
  const parsers = [
    [scheduler, parseSchedulerEvent],
    [executor, parseExecutorEvent],
  ] as const;
  for (const [events, parse] of parsers) {
    forAll(almost(events), Math.ceil(cases / 2), (event) => {
      const parsed = parse(event);
      if (parsed.type === "UNKNOWN" && parsed.problem === "") throw new Error("UNKNOWN without a problem");
      if (parsed.type === "UNKNOWN" && parsed.problem.length > 2_000) throw new Error("a problem without end");
    });
  }
}
