// From the request for a shell to its first byte, through a scheduler as an operator runs it, the embedded Mesos and executor
// processes: first over a channel that is opened for it, then over one that is there. What the shell itself costs is in it.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { Scheduler } from "../scale/child.ts";

export interface FirstByte {
  /** Milliseconds, one for each node. */
  readonly cold: readonly number[];
  readonly warm: readonly number[];
}

const top = join(import.meta.dirname, "../../..");
const nodes = 12;
const warmOnes = 30;
const cluster = "bench";

function body(): object {
  const node = (type: string, index: number, processes: object[]) => ({
    name: `${type}${index}`,
    type,
    host: "*",
    node_ip: `10.9.0.${index + 10}`,
    process: processes,
  });
  const small = (name: string, type: string) => ({ name, type, res: { cpu: 0.01, memory: 16 }, cmd: "/bin/true" });
  return {
    cluster_name: cluster,
    cluster_type: "k8s",
    network: "bench",
    kubenodes: [
      node("master", 0, [
        small("etcd", "etcd"),
        small("apiserver", "apiserver"),
        small("controller", "controller"),
        small("scheduler", "scheduler"),
      ]),
      ...Array.from({ length: nodes }, (_, index) => node("console", index + 1, [small("gotty", "gotty")])),
    ],
  };
}

async function firstByte(url: string, node: string): Promise<number> {
  const command = ["sh", "-c", "echo ready; exec cat"].map((word) => `command=${encodeURIComponent(word)}`).join("&");
  const begun = performance.now();
  const socket = new WebSocket(`${url.replace("http", "ws")}/k8s/v1/clusters/${cluster}/nodes/${node}/exec?${command}`);
  await new Promise<void>((resolve, reject) => {
    socket.on("message", (_data, binary) => void (binary && resolve()));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the shell ended before its first byte")));
    setTimeout(() => reject(new Error(`no first byte from ${node} within 20 s`)), 20_000).unref();
  });
  const took = performance.now() - begun;
  socket.terminate();
  return took;
}

export async function measureFirstByte(): Promise<FirstByte> {
  const directory = await mkdtemp(join(tmpdir(), "cke-bench-channel-"));
  const executors = join(directory, "exec");
  await Promise.all([mkdir(executors), mkdir(join(directory, "containers"))]);
  const executor = join(top, "packages/scheduler/src/framework/testing/test-executor.ts");
  for (const name of ["cke-k8s-exec", "cke-vm-exec"]) {
    const script = `#!/bin/sh\nexec ${process.execPath} ${executor} ${join(directory, "containers")}\n`;
    await writeFile(join(executors, name), script);
    await chmod(join(executors, name), 0o755);
  }
  const scheduler = await Scheduler.start(
    [
      ...["-listen", "127.0.0.1:0", "-master", "local", "-k8s_config", join(top, "default_cfg"), "-k8s_registry_cert="],
      ...["-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db"), "-exec_dir", executors],
      ...["-local_work_dir", join(directory, "mesos"), "-local_resources", "cpus:64;mem:131072;ports:[31000-32000]"],
    ],
    join(directory, "log"),
  );
  try {
    const { url } = scheduler;
    const created = await fetch(`${url}/k8s/v1/clusters`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body()),
    });
    if (created.status !== 201) throw new Error(`the cluster was refused: ${created.status} ${await created.text()}`);
    await running(url);
    const cold: number[] = [];
    for (let index = 1; index <= nodes; index += 1) cold.push(await firstByte(url, `console${index}`));
    const warm: number[] = [];
    for (let count = 0; count < warmOnes; count += 1) warm.push(await firstByte(url, "console1"));
    return { cold, warm };
  } catch (error) {
    throw new Error(await scheduler.account(), { cause: error });
  } finally {
    await removed(scheduler.url);
    await scheduler.end("SIGTERM");
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function running(url: string): Promise<void> {
  const statusSchema = z.looseObject({ status: z.string(), status_reason: z.string() });
  let last = "";
  for (const end = performance.now() + 120_000; performance.now() < end; await delay(200)) {
    const { status, status_reason } = statusSchema.parse(
      await (await fetch(`${url}/k8s/v1/clusters/${cluster}`)).json(),
    );
    last = `${status}: ${status_reason}`;
    if (status === "running") return;
  }
  throw new Error(`the cluster does not run: ${last}`);
}

/** The executors end with their cluster. */
async function removed(url: string): Promise<void> {
  const at = `${url}/k8s/v1/clusters/${cluster}`;
  await fetch(at, { method: "DELETE" });
  for (const end = performance.now() + 30_000; performance.now() < end; await delay(200))
    if ((await fetch(at)).status === 404) return;
}
