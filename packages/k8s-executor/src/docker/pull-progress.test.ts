import { expect, test } from "vitest";
import { addPullEvent, describePull, type Layers, type PullEvent, pullProgress } from "./pull-progress.ts";

const after = (...events: PullEvent[]) => describePull(pullProgress(events.reduce<Layers>(addPullEvent, new Map())));
const mb = (current: number, total: number) => ({ progressDetail: { current: current * 1e6, total: total * 1e6 } });

test.each<[string, PullEvent[]]>([
  ["pulling", [{ status: "Pulling from open/node", id: "1" }]],
  [
    "pulling 0/2 layers",
    [
      { status: "Pulling fs layer", id: "a" },
      { status: "Waiting", id: "b" },
    ],
  ],
  ["pulling 50/100 MB, 0/1 layers", [{ status: "Downloading", id: "a", ...mb(50, 100) }]],
  [
    "pulling 100/100 MB, 0/1 layers",
    [
      { status: "Downloading", id: "a", ...mb(50, 100) },
      { status: "Download complete", id: "a" },
    ],
  ],
  [
    "pulling 100/100 MB, 0/1 layers",
    [
      { status: "Downloading", id: "a", ...mb(100, 100) },
      { status: "Extracting", id: "a", ...mb(1, 100) },
    ],
  ],
  [
    "pulling 100/100 MB, 2/2 layers",
    [
      { status: "Already exists", id: "b" },
      { status: "Downloading", id: "a", ...mb(100, 100) },
      { status: "Pull complete", id: "a" },
    ],
  ],
])("%s", (words, events) => {
  expect(after(...events)).toBe(words);
});
