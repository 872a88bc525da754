// Every refusal names its field; all problems of a request come at once.
import { ProcessSpec, type ProcessSpecInit } from "@cke/protocol";
import { describe, expect, it } from "vitest";
import { checkPath, checkSpec, Problems } from "./request-validation.ts";

function problemsOf(spec: ProcessSpecInit): readonly string[] {
  const problems = new Problems();
  checkSpec(ProcessSpec.create({ name: "etcd", command: ["/bin/etcd"], ...spec }), problems);
  return problems.list();
}
const http = (value: Record<string, unknown>) => ({ health: [{ check: { kind: "http" as const, value } }] });

describe("checkSpec", () => {
  it("has nothing against a good one", () => {
    expect(
      problemsOf({
        environment: [{ name: "A", value: "b=c" }],
        workingDirectory: "/",
        resources: { cpuMillis: 500, memoryBytes: 64 * 1024 * 1024, cfsQuota: true },
        startWhen: [{ check: { kind: "tcp", value: { address: "[::1]:2379" } } }],
        health: [{ check: { kind: "http", value: { url: "https://127.0.0.1:6443/livez", expectBody: "^ok" } } }],
        stopSignal: "INT",
      }),
    ).toEqual([]);
  });

  const rows: readonly (readonly [ProcessSpecInit, string])[] = [
    [{ name: "" }, "spec.name: is missing"],
    [{ name: "a/b" }, "spec.name: must be"],
    [{ name: ".." }, "spec.name: must be"],
    [{ name: "-a" }, "spec.name: must be"],
    [{ name: "x".repeat(64) }, "spec.name: must be at most 63"],
    [{ command: [] }, "spec.command: is missing"],
    [{ command: ["etcd"] }, "spec.command[0]: must be an absolute path"],
    [{ command: ["/bin/../etcd"] }, "spec.command[0]: must not contain"],
    [{ command: ["/bin/etcd", "a\0b"] }, "spec.command[1]: must not contain a zero byte"],
    [{ environment: [{ name: "A=B" }] }, "spec.environment[0].name"],
    [{ environment: [{ name: "A", value: "\0" }] }, "spec.environment[0].value"],
    [{ workingDirectory: "tmp" }, "spec.working_directory"],
    [{ resources: { memoryBytes: 1_000 } }, "spec.resources.memory_bytes"],
    [{ resources: { memoryBytes: 2 ** 60 } }, "spec.resources.memory_bytes: is too large"],
    [{ workloadCgroup: "pods/../x", overhead: {} }, "spec.workload_cgroup: must be"],
    [{ workloadCgroup: "pods", overhead: { memoryBytes: 1_000 } }, "spec.overhead.memory_bytes"],
    [{ overhead: {} }, "spec.overhead: needs workload_cgroup"],
    [{ startWhen: [{}] }, "spec.start_when[0]: has no check"],
    [{ health: [{ check: { kind: "tcp", value: { address: "2379" } } }] }, "spec.health[0].tcp.address"],
    [{ health: [{ check: { kind: "exec", value: { command: ["./true"] } } }] }, "spec.health[0].exec.command[0]"],
    [http({ url: "ftp://x" }), "spec.health[0].http.url"],
    [http({ url: "http://x", expectBody: "(" }), "spec.health[0].http.expect_body"],
    [http({ url: "https://x", certificateFile: "/c" }), "spec.health[0].http.certificate_file: needs key_file"],
    [http({ url: "https://x", caFile: "ca.pem" }), "spec.health[0].http.ca_file"],
    [{ stopSignal: "FOO" }, "spec.stop_signal: there is no signal FOO"],
    [{ restart: { backoffMinMs: 5, backoffMaxMs: 1 } }, "spec.restart.backoff_max_ms"],
    [{ outputRotateBytes: 100 }, "spec.output_rotate_bytes"],
    [{ outputKeep: 1_000 }, "spec.output_keep"],
  ];
  it.each(rows)("%j", (spec, expected) => {
    expect(problemsOf(spec)).toEqual([expect.stringContaining(expected)]);
  });

  it("tells all problems at once", () => {
    expect(problemsOf({ name: "", command: [], stopSignal: "X" })).toHaveLength(3);
  });
});

describe("checkPath", () => {
  it.each([
    ["/", 0],
    ["/a/b.c", 0],
    ["/a/..b", 0],
    ["", 1],
    ["a", 1],
    ["/a/", 1],
    ["/a//b", 1],
    ["/a/./b", 1],
    ["/a/../b", 1],
    ["/a\0", 1],
  ])("%j", (path, count) => {
    const problems = new Problems();
    checkPath(path, "path", problems);
    expect(problems.list()).toHaveLength(count);
  });
});
