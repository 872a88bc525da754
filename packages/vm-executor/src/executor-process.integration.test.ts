// The executor as the process that Mesos starts: killed, terminated, started anew and cleaned up after, with a real guest and an
// agent on loopback.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { FakeAgent } from "@cke/executor-core/testing/fake-agent";
import { VmTask } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { missingForGuests, VmLab } from "./testing/vm-lab.ts";
import { removalOrder } from "./testing/vm-tasks.ts";

// A guest without KVM boots in 5 s on a quiet machine, and in minutes on one that is busy.
vi.setConfig({ testTimeout: 1_200_000 });
const main = fileURLToPath(new URL("main.ts", import.meta.url));
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("the executor's process", () => {
  let lab: VmLab;
  let agent: FakeAgent;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    lab = await VmLab.open();
  }, 900_000);
  beforeEach(async () => {
    agent = new FakeAgent({ frameworkId: "framework-1" });
    await agent.start();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await agent.stop();
    await lab.clear();
  });
  afterAll(async () => {
    await lab.close();
  });

  const executorId = (incarnation: string) => `cke.vm1.vm1.${incarnation}`;
  const taskId = (incarnation: string) => `${executorId(incarnation)}.vm`;
  const variables = () => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const { data, run } = lab.directories;
    return { PATH, NODE_COMPILE_CACHE, CKE_LIBVIRT_URI: lab.libvirtUri, CKE_VM_DIR: data, CKE_RUN_DIR: run };
  };

  /** Starts an incarnation and waits until it has subscribed. */
  async function start(incarnation: string): Promise<ChildProcess> {
    const before = agent.subscriptions.length;
    const env = { ...variables(), ...agent.environment(executorId(incarnation)) };
    const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "ignore", "inherit"] });
    children.push(child);
    await agent.until(() => agent.subscriptions.length > before);
    return child;
  }

  async function launch(incarnation: string): Promise<void> {
    agent.launch(taskId(incarnation), VmTask.encode(lab.task({ incarnation })));
    await agent.until(() => ["TASK_RUNNING", "TASK_FAILED"].includes(agent.last(taskId(incarnation))?.state ?? ""));
    expect(agent.last(taskId(incarnation))?.state).toBe("TASK_RUNNING");
  }

  async function exit(child: ChildProcess): Promise<{ code: unknown; signal: unknown }> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return { code: child.exitCode, signal: child.signalCode };
  }

  test("kill -9: the next incarnation adopts the guest, and a removal leaves nothing", async () => {
    const first = await start("1");
    await launch("1");
    const pids = lab.server.guestPids();
    first.kill("SIGKILL");
    expect(await exit(first)).toMatchObject({ signal: "SIGKILL" });
    const second = await start("2");
    await launch("2");
    expect(agent.last(taskId("2"))?.message).toMatch(/adopted a running guest/);
    expect(lab.server.guestPids()).toEqual(pids);
    agent.message(removalOrder(executorId("2")));
    agent.kill(taskId("2"));
    expect(await exit(second)).toMatchObject({ code: 0 });
    expect(agent.last(taskId("2"))).toMatchObject({ state: "TASK_KILLED", message: "the virtual machine was removed" });
    expect(await lab.leftovers()).toEqual([]);
    expect(lab.server.guestPids()).toEqual([]);
  });

  test("kill -9 in the middle of a launch: the next incarnation has one guest", async () => {
    const first = await start("1");
    agent.launch(taskId("1"), VmTask.encode(lab.task()));
    // A busy agent is not told each step: a later one takes the place of one that was not sent yet.
    await agent.until(() => {
      const { state, message } = agent.last(taskId("1")) ?? {};
      return state === "TASK_RUNNING" || message?.startsWith("starting the guest") === true;
    });
    first.kill("SIGKILL");
    await exit(first);
    await start("2");
    await launch("2");
    expect(lab.server.guestPids()).toHaveLength(1);
  });

  test("SIGTERM leaves the guest alone; a clean-up removes it with its data", async () => {
    const first = await start("1");
    await launch("1");
    first.kill("SIGTERM");
    expect(await exit(first)).toMatchObject({ code: 143 });
    expect(lab.server.guestPids()).toHaveLength(1);
    const cleanup = spawn(process.execPath, [main, "-cleanup", "vm1"], {
      env: variables(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(cleanup);
    let said = "";
    cleanup.stdout?.on("data", (data) => {
      said += data;
    });
    // Not its exit: what it has said may come after that.
    expect(await once(cleanup, "close")).toEqual([0, null]);
    expect(said).toContain("removed 1 domains and 1 data directories");
    expect(await lab.leftovers()).toEqual([]);
    expect(lab.server.guestPids()).toEqual([]);
  });
});
