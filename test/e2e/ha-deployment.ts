// CKE as a production operator deploys it: three schedulers on one store of three members, a Mesos master and two
// agents. Each is a process of its own that can be killed or paused alone.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EtcdServer, freePort, type TestServer, ZooKeeperServer } from "@cke/test-servers";
import { z } from "zod";
import { Api } from "../../scripts/up/cluster/api.ts";
import { Daemon, sendSignal } from "../../scripts/up/daemon.ts";
import { removeLeftovers } from "../../scripts/up/leftovers.ts";
import { dist, imagePath, top } from "../../scripts/up/paths.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { prepared } from "./deployment.ts";
import { executorsBelow } from "./executors.ts";
import { tail } from "./log-tail.ts";
import { frameworkIdOf, mesosTasks, type TaskLine } from "./mesos-master.ts";
import { makeTestNetwork } from "./test-network.ts";
import { waitFor } from "./wait-for.ts";

export type StoreKind = "etcd" | "zookeeper";

/** The lease of a leadership in seconds. It is short, so that the rounds of a test are short. */
export const leaderTtlSeconds = 4;

interface Instance {
  readonly name: string;
  readonly port: number;
  readonly daemon: Daemon;
  readonly directory: string;
}

const readiness = z.object({ role: z.string().optional() });

export class HaDeployment {
  readonly kind: StoreKind;
  readonly directory = mkdtempSync(join(tmpdir(), "cke-ha-"));
  readonly framework = `cke-ha-${randomBytes(3).toString("hex")}`;
  readonly network = this.framework;
  #store: readonly (EtcdServer | ZooKeeperServer)[] = [];
  #master: Instance | undefined;
  agents: readonly Instance[] = [];
  schedulers: readonly Instance[] = [];
  #prefix = "";
  #frameworkId = "";

  constructor(kind: StoreKind) {
    this.kind = kind;
  }

  get prefix(): string {
    return this.#prefix;
  }
  get label(): string {
    if (this.#frameworkId === "") throw new Error("not started");
    return `label=cke.framework=${this.#frameworkId}`;
  }
  get master(): Instance {
    if (this.#master === undefined) throw new Error("not started");
    return this.#master;
  }

  async start(): Promise<void> {
    this.#prefix = await makeTestNetwork(this.network, this.framework);
    this.#store = this.kind === "etcd" ? await EtcdServer.startCluster(3) : await ZooKeeperServer.startEnsemble(3);
    const instance = async (name: string): Promise<Instance> => ({
      name,
      port: await freePort(),
      daemon: new Daemon(join(this.directory, `${name}.pid`)),
      directory: join(this.directory, name),
    });
    this.#master = await instance("master");
    this.agents = [await instance("agent-1"), await instance("agent-2")];
    this.schedulers = [await instance("scheduler-1"), await instance("scheduler-2"), await instance("scheduler-3")];
    this.startMaster();
    for (const agent of this.agents) this.startAgent(agent);
    for (const scheduler of this.schedulers) this.startScheduler(scheduler);
    await this.leader();
    // A follower that has not yet seen the leader answers 503. An operator's client would ask again.
    await waitFor("every scheduler to be ready", async () => {
      const roles = await Promise.all(this.schedulers.map((scheduler) => this.#role(scheduler)));
      return roles.every((role) => role !== undefined);
    });
    this.#frameworkId = await frameworkIdOf(`http://127.0.0.1:${this.master.port}`, this.framework);
  }

  startMaster(): void {
    const { daemon, port, directory, name } = this.master;
    const args = ["-mode", "master", "-listen", `127.0.0.1:${port}`, "-work_dir", directory];
    daemon.start(join(dist, "cke-mesos-local"), args, this.#log(name));
  }

  startAgent({ daemon, port, directory, name }: Instance): void {
    const args = [
      ["-mode", "agent"],
      ["-master", `127.0.0.1:${this.master.port}`],
      ["-hostname", name],
      ["-agent_port", String(port)],
      ["-resources", `cpus:16;mem:32768;ports:[${name === "agent-1" ? "31000-32999" : "33000-34999"}]`],
      ["-work_dir", directory],
    ].flat();
    daemon.start(join(dist, "cke-mesos-local"), args, this.#log(name));
  }

  startScheduler({ daemon, port, name }: Instance): void {
    const args = [
      ["-master", `127.0.0.1:${this.master.port}`],
      ["-storage_type", this.kind],
      ["-storage_servers", this.#storageServers()],
      ["-leader_ttl", String(leaderTtlSeconds)],
      ["-listen", `127.0.0.1:${port}`],
      ["-service_host", "127.0.0.1"],
      ["-service_port", String(port)],
      ["-name", this.framework],
      ["-k8s_image_path", imagePath],
      ["-k8s_config", join(top, "default_cfg")],
      ["-log_level", "debug"],
    ].flat();
    daemon.start(join(dist, "cke-scheduler"), args, this.#log(name));
  }

  #storageServers(): string {
    if (this.kind === "zookeeper") return `${this.#addresses().join(",")}/cke`;
    return this.#addresses()
      .map((address) => `http://${address}`)
      .join(",");
  }

  #addresses(): readonly string[] {
    return this.#store.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Waits for a scheduler that leads and is ready to work. One that stands still holds up no question to the others. */
  async leader(): Promise<Instance> {
    let found: Instance | undefined;
    const look = async (scheduler: Instance) => {
      if (found === undefined && (await this.#role(scheduler)) === "leader") found ??= scheduler;
      return found;
    };
    const words = () => this.words();
    const looks = this.schedulers.map((one) => waitFor("a leading scheduler", () => look(one), words));
    return Promise.any(looks).catch(() => Promise.race(looks));
  }

  /** Asks the leader until it has answered: another scheduler may be about to lead. */
  async asked<T>(what: string, question: (api: Api) => Promise<T>): Promise<T> {
    const words = () => this.words();
    const { answer } = await waitFor(
      what,
      async () => ({ answer: await question(this.api(await this.leader())) }),
      words,
    );
    return answer;
  }

  /** What a scheduler reports at /readyz; undefined while it is not ready. */
  async #role({ port, daemon }: Instance): Promise<string | undefined> {
    if (daemon.pid() === undefined) return undefined;
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(20_000) });
      return answer.ok ? readiness.parse(await answer.json()).role : undefined;
    } catch {
      return undefined;
    }
  }

  api({ port }: Instance): Api {
    return new Api(`http://127.0.0.1:${port}`);
  }

  /** The member of the store that leads the others. */
  async storeLeader(): Promise<TestServer> {
    for (const server of this.#store) {
      const leads =
        server instanceof EtcdServer
          ? await etcdLeads(server)
          : /Mode: leader/.test(await server.ask("srvr").catch(() => ""));
      if (leads) return server;
    }
    throw new Error("no member of the store leads");
  }

  /** Pids of the executors on all agents. */
  executors(): readonly number[] {
    return executorsBelow(this.agents.map(({ directory }) => directory));
  }

  async tasks(): Promise<readonly TaskLine[]> {
    return mesosTasks(`http://127.0.0.1:${this.master.port}`);
  }

  async kubectl(cluster: string, args: readonly string[], input?: string): Promise<string> {
    const file = join(this.directory, `${cluster}.kubeconfig`);
    const kubeconfig = await this.asked("the kubeconfig", (api) => api.kubeconfig(cluster));
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const options = input === undefined ? {} : { input };
    return command(join(prepared().binaries, "kubectl"), ["--kubeconfig", file, ...args], options);
  }

  /** Containers, volumes and executors of the framework that are left. */
  async leftovers(): Promise<string[]> {
    const lines = async (...args: string[]) => (await command("docker", args)).split("\n").filter(Boolean);
    return [
      ...(await lines("ps", "-a", "--format", "container {{.Names}}", "--filter", this.label)),
      ...(await lines("volume", "ls", "--format", "volume {{.Name}}", "--filter", this.label)),
      ...this.executors().map((pid) => `executor pid ${pid}`),
    ];
  }

  /** The last lines of every program, for a failed test. */
  words(): string {
    return [...this.schedulers, this.master, ...this.agents]
      .map(({ name }) => `--- ${name}\n${tail(this.#log(name), 12)}`)
      .join("\n");
  }

  async stop(): Promise<void> {
    const all = [...this.schedulers, ...this.agents, ...(this.#master === undefined ? [] : [this.#master])];
    for (const { daemon } of all) {
      const pid = daemon.pid();
      if (pid !== undefined) sendSignal(pid, "SIGCONT");
    }
    await Promise.all(this.schedulers.map(({ daemon }) => daemon.stop(60_000)));
    for (const { directory } of this.agents) await removeLeftovers(this.#frameworkId, directory, this.network);
    await Promise.all(all.map(({ daemon }) => daemon.stop(60_000)));
    await Promise.all(this.#store.map((server) => server.stop()));
    // What is ending may still write.
    if (process.env.CKE_KEEP === undefined) rmSync(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }

  #log(name: string): string {
    return join(this.directory, `${name}.log`);
  }
}

const etcdStatus = z.object({ header: z.object({ member_id: z.string() }), leader: z.string().optional() });

async function etcdLeads(server: EtcdServer): Promise<boolean> {
  const answer = await server.call("/v3/maintenance/status", {}).catch(() => undefined);
  if (answer === undefined) return false;
  const { header, leader } = etcdStatus.parse(JSON.parse(answer));
  return header.member_id === leader;
}
