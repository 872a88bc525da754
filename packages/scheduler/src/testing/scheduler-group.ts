// Several cke-scheduler processes over one store and one embedded Mesos, for tests that kill, stop and ask them. Each has
// a tap on its way to Mesos. Executors are processes that say that all is well.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@cke/foundation";
import { type LocalMesos, parseResources, startLocalMesos } from "@cke/mesos-local";
import { expect } from "vitest";
import { z } from "zod";
import { exampleBody } from "../kubernetes/testing/user-bodies.ts";
import { MesosTap } from "./mesos-tap.ts";
import { nodeScript } from "./node-script.ts";
import { patientAgent } from "./patient-agents.ts";
import { configurations, SchedulerProcess } from "./scheduler-process.ts";

/** Where `exampleBody` wants its nodes. */
const agentHost = "10.124.142.224";
const executor = join(import.meta.dirname, "../framework/testing/test-executor.ts");

const readySchema = z.looseObject({ role: z.string(), leader: z.string().optional(), error: z.string().optional() });
const stateSchema = z.object({
  status: z.string(),
  nodes: z.array(z.object({ incarnation: z.string(), processes: z.array(z.object({ pid: z.number() })) })),
});

export interface GroupOptions {
  /** Flags that name the store. */
  readonly storage: readonly string[];
  readonly size?: number;
  /** Lease of the leadership; default a minute, in which no busy machine loses it. For tests in which a leader dies it is short. */
  readonly ttlSeconds?: number;
}

export interface Member {
  readonly process: SchedulerProcess;
  readonly tap: MesosTap;
  readonly url: string;
}

export class SchedulerGroup {
  readonly members: Member[] = [];
  readonly ttlSeconds: number;
  readonly #directory: string;
  readonly #mesos: LocalMesos;
  readonly #storage: readonly string[];
  #agentStopped = false;

  private constructor(directory: string, mesos: LocalMesos, options: GroupOptions) {
    this.#directory = directory;
    this.#mesos = mesos;
    this.#storage = options.storage;
    this.ttlSeconds = options.ttlSeconds ?? 60;
  }

  static async start(options: GroupOptions): Promise<SchedulerGroup> {
    const directory = await mkdtemp(join(tmpdir(), "cke-group-"));
    const executors = join(directory, "exec");
    const containers = join(directory, "containers");
    await Promise.all([mkdir(executors), mkdir(containers)]);
    for (const name of ["cke-k8s-exec", "cke-vm-exec"]) {
      await writeFile(join(executors, name), nodeScript(executor, containers));
      await chmod(join(executors, name), 0o755);
    }
    const mesos = await startLocalMesos({
      listen: "127.0.0.1:0",
      agents: [
        {
          hostname: agentHost,
          resources: parseResources("cpus:32;mem:131072;ports:[31000-32000]"),
          settings: patientAgent,
        },
      ],
      workDir: join(directory, "mesos"),
      logger: silentLogger,
    });
    const group = new SchedulerGroup(directory, mesos, options);
    try {
      await Promise.all(Array.from({ length: options.size ?? 3 }, () => group.add()));
      await group.leader();
    } catch (error) {
      await group.stop();
      throw error;
    }
    return group;
  }

  /** One more scheduler; returns when it answers. */
  async add(flags: readonly string[] = []): Promise<Member> {
    const tap = await MesosTap.start(this.#mesos.masterAddress);
    const process = new SchedulerProcess(
      [
        ...["-listen", "127.0.0.1:0", "-master", tap.address, "-name", "cke-group", "-k8s_config", configurations],
        ...["-k8s_registry_cert=", "-exec_dir", join(this.#directory, "exec"), "-log_level", "debug"],
        ...["-leader_ttl", String(this.ttlSeconds), ...this.#storage, ...flags],
      ],
      { cwd: this.#directory },
    );
    const starting = { process, tap, url: "" };
    this.members.push(starting);
    const member = { ...starting, url: await process.up() };
    this.members.splice(this.members.indexOf(starting), 1, member);
    return member;
  }

  /** What /readyz says, whatever its status; undefined when nobody answers. */
  async readiness(member: Member): Promise<(z.infer<typeof readySchema> & { readonly status: number }) | undefined> {
    if (member.process.over) return undefined;
    try {
      const response = await fetch(`${member.url}/readyz`, { signal: AbortSignal.timeout(3_000) });
      return { ...readySchema.parse(await response.json()), status: response.status };
    } catch {
      return undefined;
    }
  }

  /** The scheduler that leads and is subscribed, once there is one beside `not`. */
  async leader(not?: Member, timeout = 120_000): Promise<Member> {
    let found: Member | undefined;
    const look = async () => {
      for (const member of this.members) {
        if (member === not) continue;
        const ready = await this.readiness(member);
        if (ready?.status === 200 && ready.role === "leader") found = member;
      }
      return found !== undefined;
    };
    await expect.poll(look, { timeout, interval: 25 }).toBe(true);
    if (found === undefined) throw new Error("nobody leads");
    return found;
  }

  /** Those that follow the leader, once they see it. One that ends meanwhile is none of them. */
  async followers(leader: Member): Promise<readonly Member[]> {
    const others = this.members.filter((member) => member !== leader && !member.process.over);
    const sees = async (member: Member) => {
      const ready = await this.readiness(member);
      return member.process.over || ready?.leader === leader.url;
    };
    for (const member of others) await expect.poll(() => sees(member), { timeout: 120_000, interval: 50 }).toBe(true);
    return others.filter(({ process }) => !process.over);
  }

  async create(member: Member, body: object): Promise<Response> {
    return await fetch(`${member.url}/k8s/v1/clusters`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(300_000),
    });
  }

  /** The example cluster, running. `more`: further fields of its body. */
  async runningCluster(member: Member, more: Readonly<Record<string, unknown>> = {}): Promise<Processes> {
    const created = await this.create(member, exampleBody(more));
    expect(created.status, await created.text()).toBe(201);
    await expect
      .poll(async () => (await this.processes(member)).status, { timeout: 240_000, interval: 100 })
      .toBe("running");
    return await this.processes(member);
  }

  /** Names of the clusters. */
  async list(member: Member): Promise<readonly string[]> {
    const response = await fetch(`${member.url}/k8s/v1/clusters`, { signal: AbortSignal.timeout(60_000) });
    return z
      .array(z.looseObject({ name: z.string() }))
      .parse(await response.json())
      .map(({ name }) => name);
  }

  /** Incarnations whose executors run as processes, sorted. */
  async executors(): Promise<readonly string[]> {
    return [...(await this.#executorProcesses()).keys()].toSorted();
  }

  /** Sends a signal to the executor of an incarnation; default: kill -9. */
  async killExecutor(incarnation: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const pid = (await this.#executorProcesses()).get(incarnation);
    if (pid === undefined) throw new Error(`no executor of ${incarnation} runs`);
    process.kill(pid, signal);
  }

  /** Ends the agent; its executors go on. */
  async stopAgent(): Promise<void> {
    this.#agentStopped = true;
    await Promise.all(this.#mesos.agents.map((agent) => agent.stop()));
  }

  /** Process ids of this group's executors by incarnation. */
  async #executorProcesses(): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    const read = (path: string) => readFile(path, "utf8").catch(() => "");
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      const argv = (await read(`/proc/${pid}/cmdline`)).split("\0");
      if (!argv.includes(executor) || !argv.some((arg) => arg.startsWith(this.#directory))) continue;
      const id = /(?:^|\0)MESOS_EXECUTOR_ID=([^\0]+)/.exec(await read(`/proc/${pid}/environ`))?.[1];
      if (id !== undefined) found.set(id.split(".").at(-1) ?? "", Number(pid));
    }
    return found;
  }

  /** Which executors run what: the same as long as nothing was started again. */
  async processes(member: Member, cluster = "my"): Promise<Processes> {
    const response = await fetch(`${member.url}/k8s/v1/clusters/${cluster}/state`, {
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`GET state: ${response.status} ${text}`);
    const { status, nodes } = stateSchema.parse(JSON.parse(text));
    return { status, nodes: nodes.map(({ incarnation, processes }) => [incarnation, processes.map(({ pid }) => pid)]) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map(({ process }) => process.end()));
    if (this.#agentStopped) for (const pid of (await this.#executorProcesses()).values()) process.kill(pid, "SIGKILL");
    await this.#mesos.stop({ unregister: !this.#agentStopped });
    await Promise.all(this.members.map(({ tap }) => tap.stop()));
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface Processes {
  readonly status: string;
  readonly nodes: readonly (readonly [string, readonly number[]])[];
}

/** A cluster for which no agent is good: it is stored and waits. */
export const waitingCluster = (name: string, more: object = {}) => ({
  cluster_name: name,
  cluster_type: "k8s",
  network: `of-${name}`,
  kubenodes: [{ name: "master", type: "master", host: "no-such-agent", node_ip: "192.168.0.80" }],
  ...more,
});
