import { silentLogger, systemClock } from "@cke/foundation";
import type { ProcessState } from "@cke/protocol";
import { expect, test } from "vitest";
import { ServingWatch } from "./serving.ts";

function watching(takenOver = false) {
  const told: string[] = [];
  const timers = new Map<() => void, number>();
  const clock = {
    ...systemClock,
    after: (ms: number, callback: () => void) => {
      timers.set(callback, ms);
      return () => void timers.delete(callback);
    },
  };
  const bird = {
    serve: async ({ services, api }: { readonly services: boolean; readonly api: boolean }) =>
      void told.push(`${services ? "services" : "-"} ${api ? "api" : "-"}`),
  };
  const watch = new ServingWatch({ clock, logger: silentLogger, bird });
  watch.begin(takenOver);
  const late = () => {
    const due = [...timers.keys()];
    timers.clear();
    for (const callback of due) callback();
  };
  return { told, timers, watch, late };
}
const running = "running" as const;
const proxy = (healthy: boolean) => ({ type: "kubeproxy", healthy, phase: running });
const server = (healthy: boolean, phase: ProcessState["phase"] = running) => ({ type: "apiserver", healthy, phase });

test("a node takes what its processes serve, and nothing before", () => {
  const { told, watch } = watching();
  watch.note({ type: "kubelet", healthy: true, phase: running });
  expect(told).toEqual([]);
  watch.note(proxy(true));
  watch.note(proxy(true));
  watch.note(server(true));
  watch.note(server(false, "backoff"));
  expect(told).toEqual(["services -", "services api", "services -"]);
});

test("a kube-proxy that starts again takes nothing back, one that stays away does", () => {
  const { told, timers, watch, late } = watching();
  watch.note(proxy(true));
  watch.note(proxy(false));
  watch.note(proxy(false));
  expect([...timers.values()]).toEqual([15_000]);
  watch.note(proxy(true));
  expect([timers.size, told]).toEqual([0, ["services -"]]);
  watch.note(proxy(false));
  late();
  expect(told).toEqual(["services -", "- -"]);
});

test("an API server that is slow for a moment stays announced, one that stays so or does not run does not", () => {
  const { told, timers, watch, late } = watching();
  watch.note(server(true));
  watch.note(server(false));
  expect([...timers.values()]).toEqual([10_000]);
  watch.note(server(true));
  expect([timers.size, told]).toEqual([0, ["- api"]]);
  watch.note(server(false));
  late();
  watch.note(server(true));
  watch.note(server(false));
  watch.note(server(false, "stopped"));
  expect([timers.size, told]).toEqual([0, ["- api", "- -", "- api", "- -"]]);
});

test("a node that was taken over announces nothing for a process that is not there any more", () => {
  const { told, watch, late } = watching(true);
  watch.present([{ type: "etcd" }, { type: "kubeproxy" }]);
  expect(told).toEqual(["services api", "services -"]);
  watch.present([{ type: "etcd" }]);
  late();
  expect(told).toEqual(["services api", "services -", "- -"]);
  const others = watching(true);
  others.watch.present([{ type: "apiserver" }, { type: "kubeproxy" }]);
  others.late();
  expect(others.told).toEqual(["services api"]);
});

test("a node that was taken over goes on with what it announces until its processes have told", () => {
  const { told, watch, late, timers } = watching(true);
  expect(told).toEqual(["services api"]);
  watch.note(server(false, "failed"));
  watch.note(proxy(false));
  watch.stop();
  expect(timers.size).toBe(0);
  late();
  expect(told).toEqual(["services api", "services -"]);
});
