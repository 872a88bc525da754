import { expect, test } from "vitest";
import { containerRows, containerTitles } from "./container-rows.ts";

test("each container has a row, init containers first", () => {
  const pod = {
    spec: {
      initContainers: [{ name: "first", image: "i:1" }],
      containers: [{ name: "c", image: "x:1", resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: {} } }],
    },
    status: {
      containerStatuses: [
        {
          name: "c",
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
          lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } },
        },
      ],
    },
  };
  const crash = "waiting: CrashLoopBackOff: back-off 40s (before: OOMKilled, exit code 137)";
  expect(containerRows(pod)).toEqual([
    ["first", "i:1", "", "no", "0", "", ""],
    ["c", "x:1", crash, "no", "3", "cpu=10m, memory=16Mi", ""],
  ]);
  expect(containerRows(pod)[0]).toHaveLength(containerTitles.length);
});
