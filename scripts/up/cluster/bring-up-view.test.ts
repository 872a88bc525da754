import { expect, test } from "vitest";
import type { ClusterState } from "./api.ts";
import { changes, ReachedMarks } from "./bring-up-view.ts";

const names = ["container", "etcd", "apiserver", "scheduler"];

/** A master whose phases have these statuses ("failed: why" with a reason). */
function state(...statuses: readonly string[]): ClusterState {
  const phases = statuses.map((status, index) => ({
    number: index + 1,
    name: names[index] ?? "?",
    status: status.split(":")[0] ?? "",
    reason: status.split(": ")[1] ?? "",
  }));
  return {
    status: "starting",
    status_reason: "",
    nodes: [],
    plan: { nodes: [{ node: "m", paused: "", stat: 0, total_stat: phases.length, phases }], paused: "", steps: [] },
    pending: [],
  };
}
/** The lines of a whole bring-up, state after state. */
function lines(...looks: readonly ClusterState[]): string[] {
  return looks.flatMap((now, index) => changes(looks[index - 1], now));
}

test("phases are shown in their order, also when a later one is done first", () => {
  expect(
    lines(
      state("running", "pending", "pending", "pending"),
      state("done", "running", "done", "pending"),
      state("done", "done", "done", "running"),
      state("done", "done", "done", "done"),
    ),
  ).toEqual([
    "m: container done (1 of 4)",
    "m: etcd done (2 of 4)",
    "m: apiserver done (3 of 4)",
    "m: scheduler done (4 of 4)",
  ]);
});

test("what is done in one look comes in order too, and once", () => {
  const up = state("done", "done", "done", "done");
  expect(lines(up, up).map((line) => line.replace(/.*\((\d).*/, "$1"))).toEqual(["1", "2", "3", "4"]);
});

test("only the first open phase says why it waits; later ones speak in their turn", () => {
  expect(
    lines(
      state("done", "waiting: for its peer", "failed: no port", "pending"),
      state("done", "waiting: for its peer", "failed: no port", "pending"),
      state("done", "done", "failed: no port", "pending"),
    ),
  ).toEqual([
    "m: container done (1 of 4)",
    "m: etcd waiting: for its peer",
    "m: etcd done (2 of 4)",
    "m: apiserver failed: no port",
  ]);
});

test("a phase that fails after it was done says so, and is shown again when it is done again", () => {
  expect(
    lines(
      state("done", "done", "pending", "pending"),
      state("done", "failed: killed", "pending", "pending"),
      state("done", "done", "pending", "pending"),
    ).slice(2),
  ).toEqual(["m: etcd failed: killed", "m: etcd done (2 of 4)"]);
});

test("what fails and is tried for ever is no progress", () => {
  const marks = new ReachedMarks();
  const before = marks.note(state("done", "running", "pending", "pending"));
  for (let attempt = 0; attempt < 5; attempt += 1) {
    marks.note(state("failed: tried", "pending", "pending", "pending"));
    expect(marks.note(state("done", "running", "pending", "pending"))).toBe(before);
  }
  expect(marks.note(state("done", "done", "pending", "pending"))).toBe(before + 1);
});
