// The wrapper's own life: its program's flags, its socket, its orderly end.
import { execFileSync, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type ExecOutput, wrapperService } from "@cke/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { isAlive, mainFile, WrapperFixture } from "../testing/wrapper-fixture.ts";

const wrappers: WrapperFixture[] = [];
async function makeWrapper(args: readonly string[] = []): Promise<WrapperFixture> {
  const wrapper = await WrapperFixture.start({ args });
  wrappers.push(wrapper);
  return wrapper;
}
afterEach(async () => {
  await Promise.all(wrappers.splice(0).map((wrapper) => wrapper.dispose()));
});

describe("the program", () => {
  it("answers -version and -help, and refuses a bad flag with code 2", () => {
    expect(execFileSync(process.execPath, [mainFile, "-version"], { encoding: "utf8" })).toMatch(
      /^cke-wrapper \d+\.\d+\.\d+ .*\n$/,
    );
    expect(execFileSync(process.execPath, [mainFile, "--help"], { encoding: "utf8" })).toContain("-socket string");
    const bad = spawnSync(process.execPath, [mainFile, "-sockett=/x"], { encoding: "utf8" });
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/^cke-wrapper: .*-sockett.*-socket.*\n$/);
  });

  it("does not take a socket that another wrapper serves, but a stale one", async () => {
    const wrapper = await makeWrapper();
    const second = spawnSync(
      process.execPath,
      [mainFile, "-socket", wrapper.socket, "-output_dir=/tmp", "-state_dir=/tmp"],
      {
        encoding: "utf8",
      },
    );
    expect(second.status).toBe(1);
    expect(second.stderr).toContain("is served by another process");
    wrapper.child.kill("SIGKILL");
    await once(wrapper.child, "exit");
    expect(existsSync(wrapper.socket)).toBe(true);
    const again = await wrapper.startAgain();
    wrappers.push(again);
    expect((await again.call(wrapperService.info, {})).instanceId).not.toBe("");
  });

  it("does not replace a file that is no socket", () => {
    const result = spawnSync(process.execPath, [mainFile, "-socket", mainFile], { encoding: "utf8" });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("is there and is not a socket");
  });
});

describe("SIGTERM", () => {
  it("stops everything in the reverse order of the starts, then ends with 0", async () => {
    const wrapper = await makeWrapper();
    const order = join(wrapper.directory, "order");
    for (const name of ["etcd", "apiserver", "kubelet"]) {
      await wrapper.call(wrapperService.start, {
        spec: {
          name,
          command: [
            "/bin/sh",
            "-c",
            `trap 'echo ${name} >>${order}; exit 0' TERM; echo ready; while :; do sleep 0.02; done`,
          ],
        },
      });
      const log = join(wrapper.directory, "output", name, "stdout");
      await expect.poll(() => existsSync(log) && readFileSync(log, "utf8")).toBe("ready\n");
    }
    wrapper.child.kill("SIGTERM");
    await once(wrapper.child, "exit");
    expect(wrapper.child.exitCode).toBe(0);
    expect(readFileSync(order, "utf8")).toBe("kubelet\napiserver\netcd\n");
    expect(existsSync(wrapper.socket)).toBe(false);
    expect(existsSync(`/sys/fs/cgroup/memory${wrapper.cgroup}`)).toBe(false);
  });

  it("is bounded, also for processes that do not listen", async () => {
    const wrapper = await makeWrapper(["-stop_timeout=1s"]);
    const pids: number[] = [];
    for (const name of ["a", "b", "c"]) {
      await wrapper.call(wrapperService.start, {
        spec: { name, command: ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"], stopGraceMs: 600_000 },
      });
      pids.push((await wrapper.waitFor(name, ({ phase }) => phase === "running")).pid);
    }
    const before = performance.now();
    wrapper.child.kill("SIGTERM");
    await once(wrapper.child, "exit");
    expect(performance.now() - before).toBeLessThan(300_000);
    expect(wrapper.child.exitCode).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe("an exec session", () => {
  it("ends with the wrapper", async () => {
    const wrapper = await makeWrapper();
    const call = wrapper.duplex(wrapperService.exec);
    call.on("error", () => {});
    const started = new Promise<number>((resolve) => {
      call.on("data", ({ output }: ExecOutput) => output?.kind === "startedPid" && resolve(output.value));
    });
    call.write({
      input: { kind: "start", value: { command: ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"] } },
    });
    const pid = await started;
    wrapper.child.kill("SIGTERM");
    await once(wrapper.child, "exit");
    expect(wrapper.child.exitCode).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(`/sys/fs/cgroup/memory${wrapper.cgroup}`)).toBe(false);
  });
});

describe("a client that dies", () => {
  it("leaves processes running and the next client finds them", async () => {
    const wrapper = await makeWrapper();
    await wrapper.call(wrapperService.start, { spec: { name: "stays", command: ["/bin/sleep", "1000"] } });
    const { pid } = await wrapper.waitFor("stays", ({ phase }) => phase === "running");
    wrapper.client.close();
    const next = wrapper.reconnect();
    const { processes } = await next.call(wrapperService.list, {});
    expect(processes[0]).toMatchObject({ name: "stays", phase: "running", pid });
    next.client.close();
  });
});

describe("probes over the network", () => {
  it("open a gate when a port answers", async () => {
    const wrapper = await makeWrapper();
    // An address of its own: no other program has the port there.
    const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    const port = 6443;
    await wrapper.call(wrapperService.start, {
      spec: {
        name: "client",
        command: ["/bin/sleep", "1000"],
        startWhen: [
          { name: "port", startupPeriodMs: 30, check: { kind: "tcp", value: { address: `${host}:${port}` } } },
        ],
      },
    });
    const waiting = await wrapper.waitFor("client", ({ reason }) => reason.includes("refused"));
    expect(waiting.reason).toBe(
      `waiting for port: cannot connect to ${host}:${port}: connection refused (ECONNREFUSED)`,
    );
    const again = createServer((socket) => socket.destroy());
    again.listen(port, host);
    await wrapper.waitFor("client", ({ phase }) => phase === "running");
    again.close();
  });
});
