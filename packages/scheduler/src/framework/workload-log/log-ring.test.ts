import { describe, expect, it } from "vitest";
import { keptEntries } from "../../workload/plans/log-entry.ts";
import { LogRing } from "./log-ring.ts";

interface Line {
  readonly seq: number;
  readonly text: string;
}
const ring = (bounds: { entries?: number; characters?: number } = {}) =>
  new LogRing<Line>(100, { entries: 3, characters: 100, ...bounds }, ({ text }) => text.length);
const add = (log: LogRing<Line>, ...texts: readonly string[]) => {
  for (const text of texts) log.append((seq) => ({ seq, text }));
};

describe("LogRing", () => {
  it("numbers its entries, and keeps the last ones", () => {
    const log = ring();
    expect([log.first, log.next, log.at(100)]).toEqual([100, 100, undefined]);
    add(log, "a", "b", "c", "d");
    expect(keptEntries(log).map(({ seq, text }) => `${seq}${text}`)).toEqual(["101b", "102c", "103d"]);
    expect([log.first, log.next, log.at(100), log.at(104)]).toEqual([101, 104, undefined, undefined]);
  });

  it("keeps no more characters than it may, and not even one entry that has more", () => {
    const log = ring({ characters: 10 });
    add(log, "12345", "1234", "12");
    expect(keptEntries(log).map(({ seq }) => seq)).toEqual([101, 102]);
    add(log, "12345678901");
    expect(keptEntries(log)).toEqual([]);
    expect([log.first, log.next]).toEqual([104, 104]);
  });

  it("tells of each entry and of its end, after which nothing is added", () => {
    const log = ring();
    let told = 0;
    const leave = log.onNews(() => {
      told += 1;
    });
    add(log, "a", "b");
    log.close({ reason: "over", over: true });
    add(log, "c");
    expect([told, log.next, log.end?.reason]).toEqual([3, 102, "over"]);
    leave();
    expect(log.listeners).toBe(0);
  });
});
