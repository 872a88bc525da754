// How long many VMs take at once when nothing but CKE and Mesos has work with them: their executors and guests are simulated.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "@cke/foundation";
import { parseResources } from "@cke/mesos-local";
import { Master } from "@cke/mesos-local/master/master";
import { type ExecutorHost, InMemoryLink, SimulatedAgent, type SimulatedExecutor } from "@cke/mesos-local/simulation";
import { TaskReport, VmReport } from "@cke/protocol";
import { freePort } from "@cke/test-servers";
import { z } from "zod";
import { dist, top } from "../../up/paths.ts";

/** Milliseconds from the first POST, and from the first DELETE. */
export interface ManyVms {
  readonly postedMs: number;
  readonly runningMs: number;
  readonly deletedMs: number;
}

const agents = 5;
const listSchema = z.array(z.object({ status: z.string() }));

/** Says what an executor says whose guest runs at once. */
function executor(host: ExecutorHost): SimulatedExecutor {
  const open = new Set<string>();
  const report = (step: string, state: string, data: string) => {
    const kindReport = VmReport.encode({ state, acceleration: "kvm" });
    const value = { step, containerId: "disks", data, kindReport };
    return { data: Buffer.from(TaskReport.encode({ report: { kind: "unit", value } })).toString("base64") };
  };
  const end = (id: string) => {
    if (!open.delete(id)) return;
    host.update(id, "TASK_KILLED", report("stopping", "", "removed"));
    host.exit(0);
  };
  return {
    launch: (tasks) => {
      for (const { task_id } of tasks) {
        open.add(task_id.value);
        host.update(task_id.value, "TASK_STARTING", report("disks", "", "kept"));
        host.update(task_id.value, "TASK_RUNNING", { healthy: true, ...report("ready", "running", "kept") });
      }
    },
    kill: end,
    message: () => {},
    shutdown: () => {
      for (const id of [...open]) end(id);
    },
  };
}

export async function measureManyVms(count: number): Promise<ManyVms> {
  const directory = mkdtempSync(join(tmpdir(), "cke-bench-vms-"));
  const master = new Master({ host: "127.0.0.1", port: 0 });
  const masterAddress = await master.start();
  for (let index = 0; index < agents; index += 1) {
    const link = new InMemoryLink({
      clock: systemClock,
      master: () => master.state,
      delayMs: () => 0,
      newId: randomUUID,
    });
    new SimulatedAgent({
      hostname: `sim-${index}`,
      ip: "127.0.0.1",
      port: 5_051 + index,
      resources: parseResources("cpus:64;mem:262144;disk:1000000;ports:[31000-35000]"),
      behaviour: executor,
      link,
      random: Math.random,
      clock: systemClock,
    }).start();
  }
  const port = await freePort();
  const log = join(directory, "scheduler.log");
  const output = openSync(log, "a");
  const flags = [
    ...["-master", masterAddress, "-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db")],
    ...["-listen", `127.0.0.1:${port}`, "-service_host", "127.0.0.1", "-k8s_config", join(top, "default_cfg")],
  ];
  const scheduler = spawn(join(dist, "cke-scheduler"), flags, { stdio: ["ignore", output, output] });
  closeSync(output);
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string, method = "GET", body?: object) => {
    if (scheduler.exitCode !== null)
      throw new Error(`cke-scheduler has ended:\n${readFileSync(log, "utf8").slice(-2_000)}`);
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const answer = await fetch(`${url}${path}`, { method, ...json });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text;
  };
  const until = async (done: () => Promise<boolean>) => {
    while (!(await done().catch(() => false))) await delay(20);
  };
  const statuses = async () => listSchema.parse(JSON.parse(await ask("/vm/v1/vms"))).map(({ status }) => status);
  const names = Array.from({ length: count }, (_, index) => `many${index}`);
  try {
    await until(async () => (await ask("/readyz")) !== "");
    const began = performance.now();
    const body = { cpus: 1, mem: 256, bootType: "network", disk: { system: { size: "1G" } } };
    await Promise.all(names.map((name) => ask("/vm/v1/vms", "POST", { ...body, name })));
    const postedMs = performance.now() - began;
    await until(async () => (await statuses()).filter((status) => status === "running").length === count);
    const runningMs = performance.now() - began;
    const ending = performance.now();
    await Promise.all(names.map((name) => ask(`/vm/v1/vms/${name}`, "DELETE")));
    await until(async () => (await statuses()).length === 0);
    return { postedMs, runningMs, deletedMs: performance.now() - ending };
  } finally {
    scheduler.kill("SIGKILL");
    if (scheduler.exitCode === null && scheduler.signalCode === null) await once(scheduler, "exit");
    await master.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
