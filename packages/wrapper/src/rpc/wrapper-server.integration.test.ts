// The wrapper as a program: info, start, stop, list, watch, files and probes over its socket.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ProcessSpecInit, wrapperService } from "@cke/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAlive, WrapperFixture } from "../testing/wrapper-fixture.ts";

let wrapper: WrapperFixture;
beforeAll(async () => {
  wrapper = await WrapperFixture.start();
});
afterAll(async () => {
  await wrapper.dispose();
});

const sh = (name: string, script: string, more: ProcessSpecInit = {}): { spec: ProcessSpecInit } => ({
  spec: { name, command: ["/bin/sh", "-c", script], stopGraceMs: 3_000, ...more },
});

describe("the thin path", () => {
  it("tells about itself", async () => {
    const info = await wrapper.call(wrapperService.info, {});
    expect(info.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(info.instanceId).not.toBe("");
    expect(info.cgroupNote).not.toBe("");
    expect(info.outputDirectory).toBe(join(wrapper.directory, "output"));
    expect(statSync(wrapper.socket).mode & 0o777).toBe(0o600);
  });

  it("starts, lists and stops a process, with its output in files", async () => {
    const first = await wrapper.call(wrapperService.start, sh("hello", "echo out; echo err >&2; exec sleep 1000"));
    expect(["starting", "running"]).toContain(first.phase);
    const running = await wrapper.waitFor("hello", (state) => state.phase === "running");
    expect(running.healthy).toBe(true);
    expect(isAlive(running.pid)).toBe(true);
    const output = join(wrapper.directory, "output/hello");
    await expect.poll(() => readFileSync(join(output, "stdout"), "utf8")).toBe("out\n");
    await expect.poll(() => readFileSync(join(output, "stderr"), "utf8")).toBe("err\n");
    const again = await wrapper.call(wrapperService.start, sh("hello", "echo out; echo err >&2; exec sleep 1000"));
    expect(again.pid).toBe(running.pid);
    const stopped = await wrapper.call(wrapperService.stop, { name: "hello" });
    expect(stopped).toMatchObject({ phase: "stopped", pid: 0, exitSignal: "TERM", exitCode: -1 });
    expect(isAlive(running.pid)).toBe(false);
    const listed = await wrapper.call(wrapperService.list, {});
    expect(listed.processes.map(({ name, phase }) => [name, phase])).toEqual([["hello", "stopped"]]);
    await wrapper.call(wrapperService.stop, { name: "hello", forget: true });
    expect((await wrapper.call(wrapperService.list, {})).processes).toEqual([]);
  });

  it("waits for a start_when probe, then for health", async () => {
    const gate = join(wrapper.directory, "gate");
    const sign = join(wrapper.directory, "healthy");
    const exec = (file: string) => ({
      name: "file",
      check: {
        kind: "exec" as const,
        value: { command: ["/bin/sh", "-c", `test -e ${file}`], description: "the images are not unpacked yet" },
      },
      startupPeriodMs: 20,
      periodMs: 20,
      failureThreshold: 2,
    });
    await wrapper.call(
      wrapperService.start,
      sh("gated", "exec sleep 1000", { startWhen: [exec(gate)], health: [exec(sign)] }),
    );
    const waiting = await wrapper.waitFor("gated", (state) => state.output.includes("exited with 1"));
    expect(waiting).toMatchObject({
      phase: "waiting",
      pid: 0,
      reason: "waiting for file: the images are not unpacked yet",
      output: "/bin/sh exited with 1",
    });
    writeFileSync(gate, "");
    const sick = await wrapper.waitFor("gated", (state) => state.phase === "running");
    expect(sick.healthy).toBe(false);
    expect(sick.startWhen[0]).toMatchObject({ passing: true, everPassed: true });
    writeFileSync(sign, "");
    await wrapper.waitFor("gated", (state) => state.healthy);
    await wrapper.call(wrapperService.stop, { name: "gated", forget: true });
  });

  it("streams every change from a sequence number on", async () => {
    const { sequence } = await wrapper.call(wrapperService.list, {});
    await wrapper.call(wrapperService.start, sh("once", "exit 0", { oneShot: true }));
    const events = await wrapper.watchUntil(({ state }) => state?.phase === "finished", { fromSequence: sequence + 1 });
    expect(events.map(({ state }) => state?.phase)).toEqual(
      ["waiting", "starting", "running", "finished"].slice(-events.length),
    );
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => sequence + 1 + index));
    await wrapper.call(wrapperService.stop, { name: "once", forget: true });
    const removed = await wrapper.watchUntil((event) => event.removed, { fromSequence: sequence + 1 });
    expect(removed.at(-1)?.state?.name).toBe("once");
  });

  it.each([false, true])(
    "puts files atomically and notices that nothing changed (unflushed: %s)",
    async (unflushed) => {
      const path = join(wrapper.directory, `pki/deep/key-${unflushed}.pem`);
      const put = (...file: [path: string, content: string | Uint8Array, mode?: number]) =>
        wrapper.putFile(file[0], file[1], file[2], unflushed);
      const content = Buffer.alloc(200_000, "secret ");
      expect(await put(path, content)).toMatchObject({ size: content.length, changed: true });
      expect(readFileSync(path).equals(content)).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const { ino } = statSync(path);
      expect(await put(path, content)).toMatchObject({ changed: false });
      expect(statSync(path).ino).toBe(ino);
      expect(await put(path, content, 0o644)).toMatchObject({ changed: true });
      expect(statSync(path).mode & 0o777).toBe(0o644);
      expect(readdirSync(dirname(path)).filter((name) => name.endsWith(".cke"))).toEqual([]);
      mkdirSync(join(wrapper.directory, "dir"), { recursive: true });
      expect(await wrapper.refusal(put(join(wrapper.directory, "dir"), "x"))).toMatch(
        /^FAILED_PRECONDITION.*directory/,
      );
      expect(await wrapper.refusal(put("relative", "x"))).toMatch(
        /^INVALID_ARGUMENT: header.path: must be an absolute/,
      );
    },
  );

  it("runs a probe on request", async () => {
    const passing = await wrapper.call(wrapperService.runProbe, {
      probe: { check: { kind: "exec", value: { command: ["/bin/true"] } } },
    });
    expect(passing).toMatchObject({ passing: true, message: "" });
    const refused = await wrapper.call(wrapperService.runProbe, {
      probe: { check: { kind: "tcp", value: { address: "127.0.0.1:1" } } },
    });
    expect(refused).toMatchObject({
      passing: false,
      message: "cannot connect to 127.0.0.1:1: connection refused (ECONNREFUSED)",
    });
  });

  it("names the field of a bad request", async () => {
    const refusal = await wrapper.refusal(
      wrapper.call(wrapperService.start, { spec: { name: "Bad/Name", command: ["etcd"], stopSignal: "NONSENSE" } }),
    );
    expect(refusal).toMatch(
      /^INVALID_ARGUMENT: spec\.name: .*; spec\.command\[0\]: must be an absolute path; spec\.stop_signal: /,
    );
    expect(await wrapper.refusal(wrapper.call(wrapperService.start, {}))).toBe("INVALID_ARGUMENT: spec: is missing");
    expect(await wrapper.refusal(wrapper.call(wrapperService.stop, { name: "nobody" }))).toBe(
      "NOT_FOUND: name: there is no process nobody",
    );
    expect(existsSync(join(wrapper.directory, "output/Bad"))).toBe(false);
  });
});
