import { describe, expect, it } from "vitest";
import { ManualClock } from "../../framework/testing/manual-clock.ts";
import { LogRing } from "../../framework/workload-log/log-ring.ts";
import type { ClusterLogEntry } from "../../kubernetes/views/plan-views.ts";
import { asText, textFormats } from "./log-formats.ts";
import type { LogStart } from "./log-query.ts";
import { type ReadEntry, readLog } from "./log-reading.ts";

const clock = new ManualClock();
const ring = (texts: readonly string[] = []) => {
  const log = new LogRing<ClusterLogEntry>(100, { entries: 3, characters: 1_000 }, () => 1);
  const say = (text: string, more: object = {}) => {
    const time = new Date(Date.UTC(2030, 0, 1, 0, 0, log.next - 100)).toISOString();
    log.append((seq) => ({ type: "log", seq, time, level: "info", log: text, ...more }));
  };
  for (const text of texts) say(text);
  return { log, say };
};
/** In short words. */
const words = (entry: ReadEntry | undefined) => {
  if (entry === undefined) return "over";
  if (entry.type === "gap") return `gap ${entry.from_seq}-${entry.seq}: ${entry.reason}`;
  if (entry.type === "end") return `end: ${entry.reason}`;
  return entry.type === "log" ? `${entry.seq}${entry.log}` : entry.type;
};
const filter = { level: "info" } as const;
const gone = () => new AbortController();
const kept = async (log: LogRing<ClusterLogEntry>, start: LogStart) => {
  const entries: string[] = [];
  for await (const entry of readLog(log, { filter, start, follow: false }, clock, gone().signal))
    entries.push(words(entry));
  return entries;
};

describe("readLog", () => {
  it.each<[string, readonly string[], LogStart, readonly string[]]>([
    ["all that is kept", ["a", "b"], {}, ["100a", "101b"]],
    ["without what was dropped long ago", ["a", "b", "c", "d"], {}, ["101b", "102c", "103d"]],
    ["after a number", ["a", "b", "c"], { after: 100 }, ["101b", "102c"]],
    ["after the last", ["a", "b"], { after: 101 }, []],
    ["after the one before the first", ["a"], { after: 99 }, ["100a"]],
    [
      "after one that is not kept",
      ["a", "b", "c", "d", "e"],
      { after: 100 },
      ["gap 101-101: entries between are not kept any more", "102c", "103d", "104e"],
    ],
    ["of an earlier leader", [], { after: 50 }, ["gap 51-99: entries between are not kept any more"]],
    [
      "after one that does not exist",
      ["a"],
      { after: 101 },
      ["gap null-99: number 101 is of no entry of this log; the log begins anew here", "100a"],
    ],
    ["from a time on", ["a", "b", "c"], { fromMs: Date.UTC(2030, 0, 1, 0, 0, 1) }, ["101b", "102c"]],
  ])("%s", async (_, texts, start, expected) => {
    expect(await kept(ring(texts).log, start)).toEqual(expected);
  });

  it("follows at the pace of its reader, and tells what it has missed", async () => {
    const { log, say } = ring(["a"]);
    const reader = readLog(log, { filter, start: {}, follow: true }, clock, gone().signal);
    const next = async () => words((await reader.next()).value ?? undefined);
    expect(await next()).toBe("100a");
    const coming = next();
    say("b");
    expect(await coming).toBe("101b");
    for (const text of ["c", "d", "e", "f", "g"]) say(text);
    expect(await next()).toBe("gap 102-103: these entries are not kept any more: the client reads too slowly");
    expect([await next(), await next(), await next()]).toEqual(["104e", "105f", "106g"]);
    const end = next();
    log.close({ reason: "the cluster is deleted", over: true });
    expect(await end).toBe("end: the cluster is deleted");
    expect(await next()).toBe("over");
    expect(log.listeners).toBe(0);
  });

  it("waits for what its client wants only, and leaves with its client", async () => {
    const { log, say } = ring();
    const client = gone();
    const reader = readLog(log, { filter: { level: "error" }, start: {}, follow: true }, clock, client.signal);
    const next = reader.next();
    say("a");
    say("b", { level: "error" });
    expect(words((await next).value ?? undefined)).toBe("101b");
    const over = reader.next();
    client.abort();
    expect((await over).done).toBe(true);
    expect(log.listeners).toBe(0);
  });
});

describe("asText", () => {
  it.each([
    [
      "ndjson",
      [
        '{"type":"log","seq":100,"time":"2030-01-01T00:00:00.000Z","level":"info","log":"a\\nb"}\n',
        '{"type":"heartbeat","time":',
        '{"type":"end","time":',
      ],
    ],
    [
      "sse",
      [
        "retry: 2000\n\n",
        'id: 100\ndata: {"type":"log","seq":100,"time":"2030-01-01T00:00:00.000Z","level":"info","log":"a\\nb"}\n\n',
        ": heartbeat\n\n",
        'data: {"type":"end","time":',
      ],
    ],
  ] as const)("%s, with signs of life", async (format, expected) => {
    const { log } = ring(["a\nb"]);
    const entries = readLog(log, { filter, start: {}, follow: true }, clock, gone().signal);
    const texts: string[] = [];
    for await (const text of asText(entries, textFormats[format], clock, 15_000)) {
      texts.push(text);
      if (text.includes('"log"')) setImmediate(() => void clock.advance(15_000));
      if (text.includes("heartbeat")) log.close({ reason: "over", over: true });
    }
    expect(texts).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(texts[index]).toContain(text);
  });
});
