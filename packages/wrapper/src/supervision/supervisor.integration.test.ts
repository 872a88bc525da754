// Real processes: every way in which one can end, and that nothing of it is left.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

const start = (spec: ProcessSpecInit) => wrapper.call(wrapperService.start, { spec: { stopGraceMs: 5_000, ...spec } });
const script = (text: string) => ["/bin/sh", "-c", text];
const forget = (name: string) => wrapper.call(wrapperService.stop, { name, graceMs: 1, forget: true });
const readPid = async (file: string) => {
  await expect.poll(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n")).toBe(true);
  return Number(readFileSync(file, "utf8"));
};

describe("a process that cannot be started", () => {
  it("fails with the reason: no such file, not executable, no directory, no interpreter", async () => {
    const file = join(wrapper.directory, "data");
    writeFileSync(file, "x", { mode: 0o644 });
    const broken = join(wrapper.directory, "broken");
    writeFileSync(broken, "#!/nonexistent/interpreter\n", { mode: 0o755 });
    chmodSync(broken, 0o755);
    const rows: readonly (readonly [ProcessSpecInit, string])[] = [
      [{ name: "f1", command: ["/nonexistent"] }, "cannot start /nonexistent: no such file or directory (ENOENT)"],
      [{ name: "f2", command: [file] }, `cannot start ${file}: it is not executable (EACCES)`],
      [{ name: "f3", command: ["/bin"] }, "cannot start /bin: it is not a regular file"],
      [
        { name: "f4", command: ["/bin/true"], workingDirectory: "/nonexistent" },
        "working directory /nonexistent: no such file or directory (ENOENT)",
      ],
      [
        { name: "f5", command: ["/bin/true"], workingDirectory: file },
        `working directory ${file}: it is not a directory`,
      ],
      [{ name: "f6", command: [broken] }, `cannot start ${broken}: not found`],
    ];
    for (const [spec, reason] of rows) {
      await start(spec);
      const failed = await wrapper.waitFor(spec.name ?? "", (state) => state.phase === "failed");
      expect(failed).toMatchObject({ reason, pid: 0, healthy: false, restarts: 0 });
      await forget(spec.name ?? "");
    }
  });
});

describe("a one-shot that runs", () => {
  it("says in its reason what it wrote last, and no more when it has ended", async () => {
    const end = join(wrapper.directory, "end");
    const text = `echo first; echo 'waits for a second worker'; until [ -e ${end} ]; do sleep 0.1; done`;
    await start({ name: "slow", command: script(text), oneShot: true });
    await wrapper.waitFor("slow", ({ phase, reason }) => phase === "running" && reason === "waits for a second worker");
    writeFileSync(end, "");
    expect((await wrapper.waitFor("slow", ({ phase }) => phase === "finished")).reason).not.toContain("second worker");
    await forget("slow");
  });
});

describe("a process that ends", () => {
  it("is started again with backoff, with the reason and its last words", async () => {
    const spec = {
      name: "crash",
      command: script("echo first >&2; echo 'panic: disk on fire' >&2; exit 3"),
      restart: { backoffMinMs: 50, backoffMaxMs: 100 },
    };
    await start(spec);
    const state = await wrapper.waitFor("crash", ({ phase, restarts }) => phase === "backoff" && restarts >= 2);
    expect(state.reason).toMatch(/^exited with code 3 after [\d.]+ m?s: panic: disk on fire; will be started again$/);
    expect(state).toMatchObject({ exitCode: 3, exitSignal: "", lastOutput: "first\npanic: disk on fire" });
    expect(state.nextStartMs).toBeGreaterThan(state.startedAtMs);
    const stopped = await wrapper.call(wrapperService.stop, { name: "crash" });
    expect(stopped.phase).toBe("stopped");
    const restarted = await start(spec);
    expect(["starting", "running"]).toContain(restarted.phase);
    await forget("crash");
  });

  it("is told by its signal", async () => {
    await start({ name: "segv", command: script("kill -SEGV $$"), restart: { mode: "never" } });
    const state = await wrapper.waitFor("segv", ({ phase }) => phase === "failed");
    expect(state).toMatchObject({
      exitCode: -1,
      exitSignal: "SEGV",
      reason: expect.stringContaining("ended by signal SEGV"),
    });
    await forget("segv");
  });

  it("finishes when it is a one-shot, and is retried when that fails", async () => {
    const done = join(wrapper.directory, "done");
    await start({
      name: "job",
      command: script(`test -e ${done} || { touch ${done}; exit 1; }`),
      oneShot: true,
      restart: { backoffMinMs: 20 },
    });
    expect(await wrapper.waitFor("job", ({ phase }) => phase === "finished")).toMatchObject({
      restarts: 1,
      exitCode: 0,
    });
    const again = await start({
      name: "job",
      command: script(`test -e ${done} || { touch ${done}; exit 1; }`),
      oneShot: true,
      restart: { backoffMinMs: 20 },
    });
    expect(again.phase).toBe("finished");
    await forget("job");
  });

  it("leaves no descendant behind, not even one in a session of its own", async () => {
    const file = join(wrapper.directory, "orphan.pid");
    await start({
      name: "parent",
      command: script(
        `setsid sh -c 'echo $$ >${file}; exec sleep 1000' & while ! test -s ${file}; do sleep 0.05; done; exit 1`,
      ),
      restart: { mode: "never" },
    });
    const pid = await readPid(file);
    await wrapper.waitFor("parent", ({ phase }) => phase === "failed");
    const info = await wrapper.call(wrapperService.info, {});
    // Without cgroups only the process group is known, and the descendant has left it.
    expect(isAlive(pid)).toBe(info.cgroupVersion === 0);
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
    await forget("parent");
  });

  it("leaves its descendants when the specification says so", async () => {
    const file = join(wrapper.directory, "shim.pid");
    await start({
      name: "engine",
      command: script(`setsid sh -c 'echo $$ >${file}; exec sleep 1000' & exec sleep 1000`),
      keepDescendants: true,
    });
    const pid = await readPid(file);
    await wrapper.call(wrapperService.stop, { name: "engine", forget: true });
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });
});

describe("stop", () => {
  it("lets the process end by itself, its children too", async () => {
    const file = join(wrapper.directory, "gentle");
    await start({
      name: "gentle",
      command: script(`trap 'sleep 0.2; echo main >>${file}; exit 0' TERM; echo ready; while :; do sleep 0.05; done`),
    });
    const log = join(wrapper.directory, "output/gentle/stdout");
    await expect.poll(() => existsSync(log) && readFileSync(log, "utf8")).toBe("ready\n");
    const stopped = await wrapper.call(wrapperService.stop, { name: "gentle" });
    expect(stopped).toMatchObject({ phase: "stopped", exitCode: 0, exitSignal: "" });
    expect(readFileSync(file, "utf8")).toBe("main\n");
    await forget("gentle");
  });

  it("kills after the grace, and a second stop shortens it", async () => {
    await start({
      name: "deaf",
      command: script("trap '' TERM; echo ready; while :; do sleep 0.05; done"),
      stopGraceMs: 60_000,
    });
    const log = join(wrapper.directory, "output/deaf/stdout");
    await expect.poll(() => existsSync(log) && readFileSync(log, "utf8")).toBe("ready\n");
    const first = wrapper.call(wrapperService.stop, { name: "deaf" });
    await wrapper.waitFor("deaf", ({ phase }) => phase === "stopping");
    const second = await wrapper.call(wrapperService.stop, { name: "deaf", graceMs: 50 });
    expect(second).toMatchObject({ phase: "stopped", exitSignal: "KILL" });
    expect((await first).phase).toBe("stopped");
    await forget("deaf");
  });

  it("uses the signal that is asked for", async () => {
    await start({ name: "int", command: ["/bin/sleep", "1000"], stopSignal: "INT" });
    await wrapper.waitFor("int", ({ phase }) => phase === "running");
    expect(await wrapper.call(wrapperService.stop, { name: "int" })).toMatchObject({ exitSignal: "INT" });
    await start({ name: "int", command: ["/bin/sleep", "1000"], stopSignal: "INT" });
    await wrapper.waitFor("int", ({ phase }) => phase === "running");
    expect(await wrapper.call(wrapperService.stop, { name: "int", signal: "SIGQUIT" })).toMatchObject({
      exitSignal: "QUIT",
    });
    await forget("int");
  });

  it("stops one that waits for its next start, or for its start conditions", async () => {
    await start({ name: "later", command: ["/bin/false"], restart: { backoffMinMs: 60_000, backoffMaxMs: 60_000 } });
    await wrapper.waitFor("later", ({ phase }) => phase === "backoff");
    expect(await wrapper.call(wrapperService.stop, { name: "later" })).toMatchObject({
      phase: "stopped",
      nextStartMs: 0,
    });
    await forget("later");
    const never = { name: "never", check: { kind: "exec" as const, value: { command: ["/bin/false"] } } };
    await start({ name: "gate", command: ["/bin/true"], startWhen: [never] });
    expect(await wrapper.call(wrapperService.stop, { name: "gate" })).toMatchObject({
      phase: "stopped",
      startedAtMs: 0,
    });
    await forget("gate");
  });
});

describe("start of a name that is there", () => {
  it("refuses another specification, and replaces it when asked", async () => {
    const first = { name: "same", command: ["/bin/sleep", "1000"] };
    await start(first);
    const running = await wrapper.waitFor("same", ({ phase }) => phase === "running");
    const other = { ...first, command: ["/bin/sleep", "2000"] };
    expect(await wrapper.refusal(start(other))).toMatch(
      /^ALREADY_EXISTS: process same is there with another specification/,
    );
    // Resources are no part of what is compared.
    expect((await start({ ...first, resources: { cpuMillis: 100 } })).pid).toBe(running.pid);
    const replaced = await wrapper.call(wrapperService.start, { spec: other, replace: true });
    expect(replaced.specHash).not.toBe(running.specHash);
    const again = await wrapper.waitFor(
      "same",
      ({ phase, specHash }) => phase === "running" && specHash === replaced.specHash,
    );
    expect(again.pid).not.toBe(running.pid);
    expect(isAlive(running.pid)).toBe(false);
    await forget("same");
  });
});

describe("environment", () => {
  it("is the container's with the specification's over it, without the wrapper's own", async () => {
    const directory = join(wrapper.directory, "cwd");
    mkdirSync(directory);
    await start({
      name: "env",
      command: script("env; pwd"),
      workingDirectory: directory,
      environment: [
        { name: "ETCD_NAME", value: "n 1" },
        { name: "HOME", value: "/h" },
      ],
      oneShot: true,
    });
    await wrapper.waitFor("env", ({ phase }) => phase === "finished");
    const lines = readFileSync(join(wrapper.directory, "output/env/stdout"), "utf8").split("\n");
    expect(lines).toEqual(expect.arrayContaining(["ETCD_NAME=n 1", "HOME=/h", directory]));
    expect(lines.some((line) => line.startsWith("PATH="))).toBe(true);
    expect(lines.some((line) => line.startsWith("UV_THREADPOOL_SIZE"))).toBe(false);
    await forget("env");
  });
});

describe("output", () => {
  it("rotates by size without losing a byte, and follows over it", async () => {
    const lines = 30_000;
    // 30000 lines of 40 bytes in about 4 s: several rotations while it writes.
    await start({
      name: "talker",
      command: script(
        `i=0; while [ $i -lt ${lines} ]; do printf 'line %034d\\n' $i; i=$((i+1)); [ $((i % 500)) = 0 ] && sleep 0.07; done; exec sleep 1000`,
      ),
      outputRotateBytes: 131_072,
      outputKeep: 50,
    });
    const path = join(wrapper.directory, "output/talker/stdout");
    await expect.poll(() => existsSync(path)).toBe(true);
    const stream = wrapper.readStream(wrapperService.getFile, { path, follow: true });
    let followed = "";
    for await (const chunk of stream) {
      followed += Buffer.from(chunk.data).toString("utf8");
      if (followed.length >= lines * 40) break;
    }
    stream.cancel();
    const expected = Array.from({ length: lines }, (_, index) => `line ${String(index).padStart(34, "0")}\n`).join("");
    expect(followed === expected).toBe(true);
    await expect.poll(() => existsSync(`${path}.1`), { timeout: 120_000 }).toBe(true);
    await forget("talker");
    let all = readFileSync(path, "utf8");
    for (let index = 1; existsSync(`${path}.${index}`); index += 1)
      all = readFileSync(`${path}.${index}`, "utf8") + all;
    expect(all === expected).toBe(true);
    expect(statSync(path).size).toBeLessThan(lines * 40);
  });
});
