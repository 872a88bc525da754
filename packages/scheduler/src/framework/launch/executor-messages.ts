// Gives executors the secrets of their nodes, sealed, and to nobody else: the executor must be the one that was launched
// for the node, on the agent where it was launched. Also passes on the executors' log lines and what they tell of their hosts.
import { type Logger, messageOf } from "@cke/foundation";
import type { SchedulerEventOf } from "@cke/mesos";
import {
  ExecutorMessage,
  refuseSecrets,
  SchedulerMessage,
  type SecretsRequest,
  type SecretsResponse,
  sealSecrets,
} from "@cke/protocol";
import { apiserverUrlFor } from "../../kubernetes/configuration/computed-variables.ts";
import { ClusterGoneError, instanceOf } from "../../kubernetes/pki/cluster-life.ts";
import type { NodeSecretsRequest } from "../../kubernetes/pki/key-material.ts";
import type { Renderings } from "../../kubernetes/rendering/renderings.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import type { AgentInventory } from "../agents/agent-inventory.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import type { ClusterPki, FrameworkDependencies } from "../ports/dependencies.ts";

export interface ExecutorMessagesParts {
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly renderings: Renderings;
  readonly logs: ClusterLogs;
  readonly calls: MesosCalls;
  readonly inventory: AgentInventory;
  readonly pki: ClusterPki;
  /** Told of every message of an executor that was launched. */
  readonly onExecutorMessage?: FrameworkDependencies["onExecutorMessage"];
}

export class ExecutorMessages {
  readonly #parts: ExecutorMessagesParts;
  /** Work in progress by cluster. */
  readonly #running = new Map<string, Set<Promise<void>>>();

  constructor(parts: ExecutorMessagesParts) {
    this.#parts = parts;
  }

  /** A MESSAGE event. Returns at once; answers follow by themselves. */
  receive({ message }: SchedulerEventOf<"MESSAGE">): void {
    const executorId = message.executor_id.value;
    const agentId = message.agent_id.value;
    const record = this.#parts.ledger.findExecutor(executorId);
    if (record?.launch?.agentId !== agentId) {
      this.#parts.logger.warning("a message of an executor that was not launched there is ignored", {
        executorId,
        agentId,
      });
      return;
    }
    let content: ExecutorMessage["message"];
    try {
      content = ExecutorMessage.decode(new Uint8Array(Buffer.from(message.data, "base64"))).message;
    } catch (error) {
      this.#parts.logger.warning("a message of an executor cannot be read", { executorId, error: messageOf(error) });
      return;
    }
    this.#parts.onExecutorMessage?.(executorId, content);
    if (content?.kind === "log") {
      const { level, message: text, process } = content.value;
      const known = level === "error" || level === "warning" ? level : "info";
      this.#parts.logs.line(known, record.workload, process === "" ? text : `${process}: ${text}`, {
        node: record.unit,
      });
    } else if (content?.kind === "host") {
      this.#parts.inventory.receive(agentId, record.launch.hostname, content.value);
    } else if (content?.kind === "secretsRequest") {
      const request = content.value;
      this.#track(record.workload, () => this.#answer(record, executorId, agentId, request));
    }
  }

  /** Issues a new cluster's certificates before they are asked for. */
  warm(cluster: WorkloadRecord): void {
    for (const node of cluster.spec.units) {
      this.#track(cluster.spec.name, async () => {
        const request = this.#requestFor(cluster, node.name);
        if (request !== undefined) await this.#parts.pki.nodeSecrets(instanceOf(cluster), request);
      });
    }
  }

  /** Resolves when nothing is being issued for the cluster. */
  async settled(cluster: string): Promise<void> {
    await Promise.all(this.#running.get(cluster) ?? []);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((cluster) => this.settled(cluster)));
  }

  #track(cluster: string, work: () => Promise<void>): void {
    const running = this.#running.get(cluster) ?? new Set<Promise<void>>();
    this.#running.set(cluster, running);
    const job: Promise<void> = work()
      .catch((error: unknown) => {
        // A delete came in between.
        if (error instanceof ClusterGoneError) return;
        this.#parts.logger.error("secrets could not be issued", { cluster, error });
      })
      .finally(() => {
        running.delete(job);
        if (running.size === 0 && this.#running.get(cluster) === running) this.#running.delete(cluster);
      });
    running.add(job);
  }

  #requestFor(cluster: WorkloadRecord, name: string): NodeSecretsRequest | undefined {
    const { spec } = cluster;
    const node = spec.units.find((candidate) => candidate.name === name);
    const rendered = this.#parts.renderings.node(spec, name);
    if (node === undefined || rendered === undefined) return undefined;
    const masters = spec.units.filter(({ type }) => type === "master");
    const { registryCertificate } = rendered.kubeNode;
    return {
      node: name,
      nodeType: node.type,
      nodeIp: node.ip,
      masterIps: masters.map(({ ip }) => ip),
      serviceCidr: rendered.serviceCidr,
      apiServerUrl: apiserverUrlFor(node.type, masters[0]?.ip ?? ""),
      processTypes: rendered.processes.map(({ type }) => type),
      ...(registryCertificate.length === 0
        ? {}
        : { registryCertificate: new TextDecoder().decode(registryCertificate) }),
    };
  }

  async #answer(record: UnitRecord, executorId: string, agentId: string, request: SecretsRequest): Promise<void> {
    const response = await this.#respond(record, executorId, request);
    const level = response.error === "" ? "debug" : "error";
    this.#parts.logger[level](response.error === "" ? "secrets sent" : `secrets refused: ${response.error}`, {
      cluster: record.workload,
      node: record.unit,
    });
    const message = SchedulerMessage.encode({ message: { kind: "secretsResponse", value: response } });
    await this.#parts.calls.message(agentId, executorId, message);
  }

  async #respond(record: UnitRecord, executorId: string, request: SecretsRequest): Promise<SecretsResponse> {
    const { ledger, renderings, pki } = this.#parts;
    const cluster = ledger.workload(record.workload);
    if (cluster === undefined || cluster.deleting) return refuseSecrets(request, "the cluster is being deleted");
    const wanted = this.#requestFor(cluster, record.unit);
    const rendered = renderings.node(cluster.spec, record.unit);
    if (wanted === undefined || rendered === undefined)
      return refuseSecrets(request, "the cluster's configuration is gone");
    const allowed = new Set(rendered.kubeNode.secrets.map(({ name }) => name));
    const issued = new Map<string, string>();
    for (const [name, text] of Object.entries(await pki.nodeSecrets(instanceOf(cluster), wanted))) {
      if (allowed.has(name)) issued.set(name, text);
    }
    const missing = request.names.filter((name) => !issued.has(name));
    if (missing.length > 0) return refuseSecrets(request, `this node has no secrets named ${missing.join(", ")}`);
    const secrets = Object.fromEntries(
      [...issued]
        .filter(([name]) => request.names.includes(name))
        .map(([name, text]) => [name, new TextEncoder().encode(text)]),
    );
    return sealSecrets(request, { executorId, secrets });
  }
}
