import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { boundedEvent, boundedStatus, boundedWords } from "./bounded-event.ts";

const long = `first ${"x".repeat(1_048_576)} last`;
const id = { value: "t" };

test("a status has what is used of it, with its texts cut", () => {
  const value = { launchStep: "container", detail: long, containerId: "c1" };
  const data = Buffer.from(TaskReport.encode({ report: { kind: "unit", value } })).toString("base64");
  const cut = boundedStatus({
    task_id: id,
    state: "TASK_FAILED",
    uuid: "u",
    timestamp: 5,
    message: long,
    reason: long,
    data,
    labels: { labels: [{ key: "k", value: long }] },
    container_status: { executor_pid: 1 },
  });
  expect(JSON.stringify(cut).length).toBeLessThan(22_000);
  expect(cut).toMatchObject({ task_id: id, state: "TASK_FAILED", uuid: "u", timestamp: 5 });
  expect(cut.message).toMatch(/^first x+\[… \d+ bytes cut …\]x+ last$/);
  const { report } = TaskReport.decode(new Uint8Array(Buffer.from(cut.data ?? "", "base64")));
  expect(report?.value).toMatchObject({ launchStep: "container", containerId: "c1" });
});

test("data that is no report is left out when it is large, and left alone when it is small", () => {
  const small = { task_id: id, state: "TASK_RUNNING", data: "////" } as const;
  expect(boundedStatus(small)).toEqual(small);
  expect(boundedStatus({ ...small, data: "/".repeat(100_000) })).toEqual({ task_id: id, state: "TASK_RUNNING" });
});

test("an ordinary event stays as it is; the words of an operation are cut", () => {
  const status = { task_id: id, state: "TASK_RUNNING", message: "well", reason: "REASON_RECONCILIATION" } as const;
  expect(boundedEvent({ type: "UPDATE", update: { status } })).toEqual({ type: "UPDATE", update: { status } });
  const refused = boundedEvent({
    type: "UPDATE_OPERATION_STATUS",
    update_operation_status: { status: { state: "OPERATION_FAILED", message: long } },
  });
  expect(JSON.stringify(refused).length).toBeLessThan(4_300);
});

test("no half of a secret is left by a cut", () => {
  const key = `-----BEGIN PRIVATE KEY-----\n${"QUJDREVG\n".repeat(300)}-----END PRIVATE KEY-----`;
  for (const text of [`${"x".repeat(3_000)}\n${key}\n`, `${key}\n${"y".repeat(9_000)}`, `${"x".repeat(5_000)}\n${key}`])
    expect(boundedWords(text)).not.toMatch(/QUJD/);
});
