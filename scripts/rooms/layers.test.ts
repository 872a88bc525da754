import { expect, test } from "vitest";
import { layerBreaches } from "./layers.ts";

const breaches = (pkg: string, path: string, text: string) => layerBreaches([{ package: pkg, path, text }]);

test.each([
  ["wrapper", "server.ts", 'import { x } from "@cke/mesos";', /must not import mesos/],
  ["mesos", "a.ts", 'import type { X } from "@cke/protocol";', /must not import protocol/],
  ["scheduler", "api/routes.ts", 'const m = await import("@cke/mesos-local");', /only/],
  ["scheduler", "workload/plan.ts", 'import { readFileSync } from "node:fs";', /pure/],
  ["wrapper", "a.ts", 'import { y } from "../../protocol/src/index.ts";', /leaves its package/],
  ["surprise", "a.ts", "", /not in the layer table/],
])("%s/%s: a breach is told", (pkg, path, text, expected) => {
  expect(breaches(pkg, path, text).join()).toMatch(expected);
});

test.each([
  ["k8s-executor", "main.ts", 'import { run } from "@cke/executor-core";'],
  ["scheduler", "boot/embedded-mesos.ts", 'await import("@cke/mesos-local")'],
  [
    "scheduler",
    "workload/sub/plan.ts",
    'import { z } from "../../other.ts"; import { createHash } from "node:crypto";',
  ],
  ["mesos-local", "conformance/replay.test.ts", 'import { p } from "@cke/protocol";'],
])("%s/%s: an allowed import passes", (pkg, path, text) => {
  expect(breaches(pkg, path, text)).toEqual([]);
});
