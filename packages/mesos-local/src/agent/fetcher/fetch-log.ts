// The fetcher's lines in a sandbox's stderr, in the form of Mesos' logs: level, date, time, pid, text.
import { appendFile } from "node:fs/promises";

type FetchLogLevel = "I" | "W" | "E";

const two = (value: number) => String(value).padStart(2, "0");

/** "I1123 12:53:13.311693  7245 fetcher] text" without a line end; `time` is UNIX milliseconds. */
export function fetchLogLine(level: FetchLogLevel, time: number, pid: number, text: string): string {
  const at = new Date(time);
  const day = `${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const micros = String(at.getMilliseconds()).padStart(3, "0").padEnd(6, "0");
  return `${level}${day} ${clock}.${micros} ${String(pid).padStart(5)} fetcher] ${text}`;
}

export class FetchLog {
  readonly #path: string;
  readonly #now: () => number;

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  async write(level: FetchLogLevel, text: string): Promise<void> {
    await appendFile(this.#path, `${fetchLogLine(level, this.#now(), process.pid, text)}\n`);
  }
}
