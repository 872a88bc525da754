// Where the time between a request and a node that is Ready goes: from what the scheduler, the agent's fetcher, the executor and the
// wrapper have logged. Pure.
import { median } from "../measurement/table.ts";

export interface LaunchLogs {
  readonly scheduler: string;
  /** `stderr` of the executor's sandbox: the fetcher's lines, then the executor's. */
  readonly executor: string;
  /** What the node's container printed. */
  readonly wrapper: string;
}

/** Something that happened; `at` in ms since the request. */
export interface Mark {
  readonly what: string;
  readonly at: number;
}

interface Sign {
  readonly what: string;
  readonly log: keyof LaunchLogs;
  /** What a line has that says so; the first such line counts. */
  readonly words: readonly string[];
}

/** A process of the node goes from one phase to another. */
const phase = (process: string, change: string): Omit<Sign, "what"> => ({
  log: "wrapper",
  words: [`"process":"${process}"`, `"message":"${change}"`],
});
/** The executor has come to a step of the launch. */
const step = (name: string): Omit<Sign, "what"> => ({
  log: "executor",
  words: [`"step":"${name}"`, '"message":"launch step"'],
});

const signs = (node: string): readonly Sign[] => [
  { what: "launch accepted", log: "scheduler", words: [`"node":"${node}"`, '"message":"launched on '] },
  { what: "agent fetches the executor", log: "executor", words: ["fetcher] Fetching URI"] },
  { what: "fetched", log: "executor", words: ["fetcher] Successfully fetched"] },
  { what: "executor subscribed", log: "executor", words: ['"message":"subscribed with the agent"'] },
  { what: "Docker has answered", ...step("image") },
  { what: "container is being made", ...step("container") },
  { what: "container runs", ...step("wrapper") },
  { what: "wrapper serves", log: "wrapper", words: ['"message":"serving '] },
  { what: "wrapper has answered", ...step("secrets") },
  { what: "files are being written", ...step("files") },
  { what: "node is ready for processes", log: "executor", words: ['"state":"TASK_RUNNING"', '"detail":"ready"'] },
  { what: "containerd started", ...phase("containerd", "starting -> running") },
  { what: "images are being unpacked", ...phase("images", "starting -> running") },
  { what: "pod network is set up", ...phase("network", "running -> finished") },
  { what: "kubelet started", ...phase("kubelet", "starting -> running") },
  { what: "Node registered", ...phase("kube-proxy", "waiting -> starting") },
  { what: "images are unpacked", ...phase("images", "running -> finished") },
  { what: "dockerd started", ...phase("docker", "starting -> running") },
];

/** Glog's lines have no year and no zone: the agent's clock is this machine's. */
function timeOf(line: string, requestedMs: number): number | undefined {
  const iso = /"time":"([^"]+)"/.exec(line)?.[1];
  if (iso !== undefined) return Date.parse(iso);
  const [, month, day, hours, minutes, seconds] = /^[IWE](\d\d)(\d\d) (\d\d):(\d\d):(\d\d\.\d+)/.exec(line) ?? [];
  if (seconds === undefined) return undefined;
  const whole = new Date(requestedMs);
  whole.setMonth(Number(month) - 1, Number(day));
  whole.setHours(Number(hours), Number(minutes), 0, 0);
  return whole.getTime() + 1_000 * Number(seconds);
}

/** In the order of time. What no log says is left out, and so is what was logged before the request: of an earlier node of that name. */
export function timeline(node: string, requestedMs: number, logs: LaunchLogs): readonly Mark[] {
  return signs(node)
    .flatMap(({ what, log, words }) => {
      const at = logs[log]
        .split("\n")
        .filter((text) => words.every((word) => text.includes(word)))
        .map((line) => (timeOf(line, requestedMs) ?? Number.NaN) - requestedMs)
        .find((since) => since >= 0);
      return at === undefined ? [] : [{ what, at }];
    })
    .sort((left, right) => left.at - right.at);
}

/** A row for each mark that all timelines have: when it was reached (median and least), and how long it took from the one before. */
export function timelineRows(timelines: readonly (readonly Mark[])[]): readonly (readonly string[])[] {
  const [first = []] = timelines;
  const reached = first.flatMap(({ what }) => {
    const times = timelines.flatMap((marks) => marks.filter((mark) => mark.what === what).map(({ at }) => at));
    return times.length === timelines.length ? [{ what, at: median(times), least: Math.min(...times) }] : [];
  });
  reached.sort((left, right) => left.at - right.at);
  return [
    ["reached", "ms since the request", "least", "since the one before"],
    ...reached.map(({ what, at, least }, index) => [
      what,
      at.toFixed(0),
      least.toFixed(0),
      (at - (reached[index - 1]?.at ?? 0)).toFixed(0),
    ]),
  ];
}
