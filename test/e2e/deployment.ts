// CKE as an operator deploys it, on this machine: a Mesos master, agents and a scheduler as processes of their own
// (each can be killed alone), with random ports, a private directory and a Docker network of the test's name.
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runDirectory } from "@cke/k8s-executor";
import { freePort } from "@cke/test-servers";
import { Api, type ClusterState } from "../../scripts/up/cluster/api.ts";
import { watchBringUp } from "../../scripts/up/cluster/bring-up-view.ts";
import { Daemon, sendSignal } from "../../scripts/up/daemon.ts";
import { removeLeftovers } from "../../scripts/up/leftovers.ts";
import { dist, imagePath, top } from "../../scripts/up/paths.ts";
import type { Prepared } from "../../scripts/up/prepare.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { type ExecutorProgram, executorsBelow, unitOfExecutor } from "./executors.ts";
import { tail } from "./log-tail.ts";
import { frameworkIdOf, mesosTasks, registrations, type TaskLine, tasksComplete } from "./mesos-master.ts";
import { type AgentMachine, makeTestNetwork } from "./test-network.ts";
import { type WaitOptions, waitFor } from "./wait-for.ts";

export const prepared = (): Prepared => JSON.parse(readFileSync(join(dist, "prepared.json"), "utf8"));

export interface DeploymentOptions {
  readonly name: string;
  /** The hostname that the agent reports to Mesos; of several agents, what their hostnames begin with. */
  readonly hostname?: string;
  /** Default 1. */
  readonly agents?: number;
  readonly network?: string;
  /** First three bytes of the network's addresses, and its MTU; by default free ones, and Docker's. */
  readonly prefix?: string;
  readonly mtu?: number;
  readonly configurations?: string;
  readonly flags?: readonly string[];
  /** Another machine, in which the agent and its executors run; default: this one. `machines`: one for each of several agents. */
  readonly machine?: AgentMachine;
  readonly machines?: readonly AgentMachine[];
  /** Niceness of the programs of CKE and Mesos (0 to 19). */
  readonly nice?: number;
}

export class Deployment {
  readonly directory = mkdtempSync(join(tmpdir(), "cke-e2e-"));
  readonly framework: string;
  readonly network: string;
  /** In the agent's range of ports, and below those that the kernel gives to connections; not the port that `make up` publishes. */
  readonly publishedPort = 31_000 + randomInt(1_700);
  readonly #options: DeploymentOptions;
  readonly master: Daemon;
  readonly agents: readonly Daemon[];
  readonly scheduler: Daemon;
  #prefix = "";
  #frameworkId = "";
  #ports: { master: number; agents: readonly number[]; scheduler: number } = { master: 0, agents: [], scheduler: 0 };

  constructor(options: DeploymentOptions) {
    const suffix = randomBytes(3).toString("hex");
    this.#options = options;
    this.framework = `cke-${options.name}-${suffix}`;
    writeFileSync(join(this.directory, "framework"), this.framework); // for `removeKilledRun`
    this.network = options.network ?? `cke-${options.name}-${suffix}`;
    this.master = new Daemon(join(this.directory, "master.pid"));
    this.agents = Array.from(
      { length: options.agents ?? 1 },
      (_, index) => new Daemon(join(this.directory, `agent${index}.pid`)),
    );
    this.scheduler = new Daemon(join(this.directory, "scheduler.pid"));
  }

  /** The first agent. */
  get agent(): Daemon {
    const [first] = this.agents;
    if (first === undefined) throw new Error("no agent");
    return first;
  }
  get api(): Api {
    return new Api(this.url);
  }
  get url(): string {
    return `http://${this.#address}:${this.#ports.scheduler}`;
  }
  /** Where master and scheduler listen. */
  get #address(): string {
    return (this.#options.machine ?? this.#options.machines?.[0])?.outside ?? "127.0.0.1";
  }
  get #masterUrl(): string {
    return `http://${this.#address}:${this.#ports.master}`;
  }
  /** Docker filter for the label that all things of this deployment's executors have. */
  get label(): string {
    if (this.#frameworkId === "") throw new Error("not started");
    return `label=cke.framework=${this.#frameworkId}`;
  }
  get prefix(): string {
    return this.#prefix;
  }

  async start(): Promise<void> {
    const agents = await Promise.all(this.agents.map(() => freePort()));
    this.#ports = { master: await freePort(), agents, scheduler: await freePort() };
    this.#prefix = await makeTestNetwork(this.network, this.framework, this.#options);
    this.startMaster();
    for (const index of this.agents.keys()) this.startAgent(index);
    await this.startScheduler();
  }

  #run(daemon: Daemon, program: string, args: readonly string[], log: string, machine?: AgentMachine): void {
    const argv: readonly [string, ...string[]] = ["nice", "-n", String(this.#options.nice ?? 0), program, ...args];
    const [first, ...rest] = machine?.enter(...argv) ?? argv;
    daemon.start(first, rest, log);
  }

  startMaster(): void {
    this.#run(
      this.master,
      join(dist, "cke-mesos-local"),
      [
        "-mode",
        "master",
        "-listen",
        `${this.#address}:${this.#ports.master}`,
        "-work_dir",
        join(this.directory, "mesos-master"),
      ],
      join(this.directory, "master.log"),
    );
  }

  /** Several agents are called agent-1, agent-2 and so on. */
  startAgent(index = 0): void {
    const daemon = this.agents[index];
    if (daemon === undefined) throw new Error(`there is no agent ${index}`);
    const { hostname = "agent-", machines, machine = machines?.[index] } = this.#options;
    const several = this.agents.length > 1;
    this.#run(
      daemon,
      join(dist, "cke-mesos-local"),
      [
        ["-mode", "agent"],
        ["-listen", `${machine?.address ?? this.#address}:0`],
        ["-master", `${this.#address}:${this.#ports.master}`],
        ["-hostname", several || this.#options.hostname === undefined ? `${hostname}${index + 1}` : hostname],
        ["-agent_port", String(this.#ports.agents[index])],
        ["-resources", "cpus:16;mem:32768;ports:[31000-35000]"],
        ["-work_dir", this.#agentDirectory(index)],
      ].flat(),
      join(this.directory, index === 0 ? "agent.log" : `agent${index}.log`),
      machine,
    );
  }

  /** Kills an agent, starts it again after `outageMs`, and waits until the master has it back: only then can later effects show. */
  async restartAgent(index: number, outageMs: number): Promise<number> {
    const pid = (await this.agents[index]?.kill()) ?? 0;
    const before = await registrations(this.#masterUrl);
    await delay(outageMs);
    this.startAgent(index);
    const now = () => registrations(this.#masterUrl);
    const isBack = async () => [...(await now())].some(([host, at]) => at > (before.get(host) ?? 0));
    await waitFor(`agent ${index + 1} to be back`, isBack, () => this.words());
    return pid;
  }

  #agentDirectory(index: number): string {
    return join(this.directory, index === 0 ? "mesos-agent" : `mesos-agent-${index}`);
  }

  get #agentDirectories(): readonly string[] {
    return this.agents.map((_, index) => this.#agentDirectory(index));
  }

  async startScheduler(): Promise<void> {
    this.#run(
      this.scheduler,
      join(dist, "cke-scheduler"),
      [
        ["-master", `${this.#address}:${this.#ports.master}`],
        ["-storage_type", "sqlite"],
        ["-storage_servers", join(this.directory, "cke.db")],
        ["-listen", `${this.#address}:${this.#ports.scheduler}`],
        ["-service_host", this.#address],
        ["-service_port", String(this.#ports.scheduler)],
        ["-name", this.framework],
        ["-k8s_image_path", imagePath],
        ["-k8s_config", this.#options.configurations ?? join(top, "default_cfg")],
        ["-log_level", "debug"],
        this.#options.flags ?? [],
      ].flat(),
      join(this.directory, "scheduler.log"),
    );
    await waitFor(
      "the scheduler to be ready",
      () => this.api.ready(),
      () => tail(join(this.directory, "scheduler.log")),
    );
    this.#frameworkId = await frameworkIdOf(this.#masterUrl, this.framework);
  }

  /** Sends a call to the master's operator API and returns the answer as text. */
  async operator(type: string, content?: unknown): Promise<string> {
    const body = JSON.stringify({ type, ...(content === undefined ? {} : { [type.toLowerCase()]: content }) });
    const headers = { "content-type": "application/json", accept: "application/json" };
    const url = `${this.#masterUrl}/api/v1`;
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(60_000) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${type}: HTTP ${answer.status}: ${text}`);
    return text;
  }

  /** Pids of the executors that run on the agents. */
  executors(program?: ExecutorProgram): readonly number[] {
    return executorsBelow(this.#agentDirectories, program);
  }

  /** The node of an executor; "" when it has ended. */
  nodeOfExecutor(pid: number): string {
    return unitOfExecutor(pid).node;
  }

  /** Kills the executor of a node. Rejects when the node has none for long. */
  async killExecutor(node: string): Promise<number> {
    const find = async () => this.executors().find((pid) => this.nodeOfExecutor(pid) === node);
    const pid = await waitFor(`an executor of ${node}`, find, () => this.words());
    sendSignal(pid, "SIGKILL");
    return pid;
  }

  /** Waits until every phase of every node is done. Returns the milliseconds that it took. */
  async waitUp(cluster: string): Promise<number> {
    const started = performance.now();
    await watchBringUp(this.api, cluster, (line) => console.log(`  ${line}`));
    return performance.now() - started;
  }

  /** Waits until there is no such cluster, and until its executors, which have told the last of it, have ended. */
  async waitGone(cluster: string, options: WaitOptions = {}): Promise<void> {
    const wait = (what: string, look: () => Promise<boolean>) => waitFor(what, look, () => this.words(), options);
    await wait(`cluster ${cluster} to be gone`, async () => (await this.api.state(cluster)) === undefined);
    const ended = async () => !this.executors().some((pid) => unitOfExecutor(pid).cluster === cluster);
    await wait(`the executors of cluster ${cluster} to end`, ended);
  }

  async kubeconfig(cluster: string): Promise<string> {
    const file = join(this.directory, `${cluster}.kubeconfig`);
    writeFileSync(file, await this.api.kubeconfig(cluster), { mode: 0o600 });
    return file;
  }

  /** Runs kubectl on this machine with the cluster's kubeconfig. */
  async kubectl(cluster: string, args: readonly string[], input?: string): Promise<string> {
    const access = ["--kubeconfig", await this.kubeconfig(cluster)];
    return command(join(prepared().binaries, "kubectl"), [...access, ...args], { input: input ?? "" });
  }

  /** What is left of the cluster on this machine, as text; empty when nothing is. */
  async leftovers(cluster: string): Promise<string[]> {
    const { label } = this;
    const lines = async (...args: string[]) => (await command("docker", args)).split("\n").filter(Boolean);
    return [
      ...(await lines("ps", "-a", "--format", "container {{.Names}}", "--filter", label)),
      ...(await lines("volume", "ls", "--format", "volume {{.Name}}", "--filter", label)),
      ...this.executors().map((pid) => `executor pid ${pid}`),
      ...["master", "node0", "console"]
        .map((node) => runDirectory("/run/cke", { frameworkId: this.#frameworkId, cluster, node }))
        .filter((directory) => existsSync(directory)),
    ];
  }

  async mesosTasks(): Promise<readonly TaskLine[]> {
    return mesosTasks(this.#masterUrl);
  }

  async agentTasksComplete(state: ClusterState): Promise<boolean> {
    return tasksComplete(await this.mesosTasks(), state);
  }

  /** The last lines of every program, for a failed test. */
  words(): string {
    return ["scheduler", "agent", "master"]
      .map((name) => `--- ${name}\n${tail(join(this.directory, `${name}.log`))}`)
      .join("\n");
  }

  /** All that scheduler, agent and master have written. */
  wholeLogs(): string {
    return ["scheduler", "agent", "master"]
      .map((name) => readFileSync(join(this.directory, `${name}.log`), "utf8"))
      .join("\n");
  }

  async stop(): Promise<void> {
    await this.scheduler.stop(60_000);
    for (const directory of this.#agentDirectories) await removeLeftovers(this.#frameworkId, directory, this.network);
    await Promise.all(this.agents.map((agent) => agent.stop(60_000)));
    await this.master.stop(60_000);
    if (process.env.CKE_KEEP === undefined) rmSync(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}
