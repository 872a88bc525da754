// Tells executors what their processes are to be, where an operator has changed that since their launch, again and again until the
// reports of the processes name the version. Desired state comes from the stored renderings, what runs from the stored reports:
// nothing else is remembered, so a scheduler that was restarted goes on by itself.
import type { Clock } from "@cke/foundation";
import { NodeProcesses, type ProcessTask, SchedulerMessage } from "@cke/protocol";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { MessagePace } from "../../workload/publishing/message-pace.ts";
import { processTaskOf, type UnitRecord } from "../../workload/records/records.ts";
import { addAmounts, beyondAmount, type HeldAmount, heldBy } from "../../workload/records/resource-tasks.ts";
import { clustersOf } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { limitsOf } from "../rendering/process-renderer.ts";
import type { Renderings } from "../rendering/renderings.ts";
import type { PackedRendering } from "../rendering/stored-rendering.ts";
import { followedProcess } from "./followed-process.ts";
import { processMessage } from "./process-message.ts";
import type { FollowingState, ProcessResources } from "./process-words.ts";

export interface ProcessPublisherOptions {
  readonly clock: Pick<Clock, "now">;
  readonly renderings: Pick<Renderings, "changedNodes" | "stored" | "node">;
  /** What fails for one node holds up no other one. */
  readonly onProblem?: ((cluster: string, error: unknown) => void) | undefined;
}

type NamedCluster = Pick<ClusterSpec, "name">;

export class ProcessPublisher {
  readonly #options: ProcessPublisherOptions;
  readonly #pace = new MessagePace();
  /** By name and limits. A rendering is a new object when it changes. */
  readonly #messages = new WeakMap<PackedRendering, Map<string, ProcessTask>>();

  constructor(options: ProcessPublisherOptions) {
    this.#options = options;
  }

  /** What the changed processes of the node are to be now. */
  wanted(cluster: NamedCluster, { unit, launch }: UnitRecord): readonly ProcessTask[] {
    const stored = this.#options.renderings.stored(cluster, unit);
    if (stored?.changed === undefined) return [];
    const messages = this.#messages.get(stored) ?? new Map<string, ProcessTask>();
    this.#messages.set(stored, messages);
    return Object.keys(stored.changed).flatMap((name) => {
      const granted = processTaskOf(launch, name)?.granted;
      const key = `${name} ${granted?.cpu} ${granted?.mem}`;
      const known = messages.get(key) ?? this.#message(cluster, unit, name, granted);
      if (known === undefined) return [];
      messages.set(key, known);
      return [known];
    });
  }

  #message(cluster: NamedCluster, node: string, name: string, granted: HeldAmount | undefined) {
    const process = this.#options.renderings.node(cluster, node)?.processes.find((one) => one.name === name);
    return process && processMessage(process, granted);
  }

  /** The limits of the container: of all that its processes may have now. */
  #limits(cluster: NamedCluster, { unit, launch }: UnitRecord): Pick<NodeProcesses, "cpuMillis" | "memoryBytes"> {
    const node = this.#options.renderings.node(cluster, unit);
    if (node === undefined || node.kubeNode.memoryBytes === 0) return { cpuMillis: 0, memoryBytes: 0 };
    const missing = node.processes.map(({ name, res }) =>
      beyondAmount(res, processTaskOf(launch, name)?.granted ?? res),
    );
    const { cpuMillis, memoryBytes } = limitsOf(addAmounts(missing), false);
    return { cpuMillis: node.kubeNode.cpuMillis - cpuMillis, memoryBytes: node.kubeNode.memoryBytes - memoryBytes };
  }

  /** How far a process is from what it is to be. */
  following(cluster: NamedCluster, record: UnitRecord, process: string): FollowingState {
    const task = processTaskOf(record.launch, process);
    const wanted = this.wanted(cluster, record).find(({ spec }) => spec?.name === process);
    const followed = followedProcess(record, process);
    return { followed, wanted, healthy: task?.healthy === true, resources: this.#resources(cluster, record, process) };
  }

  #resources(cluster: NamedCluster, { unit, launch }: UnitRecord, process: string): ProcessResources | undefined {
    const task = processTaskOf(launch, process);
    const known = this.#options.renderings
      .stored(cluster, unit)
      ?.outline.processes.find(({ name }) => name === process);
    // What a one-shot needs is held by its node's own task.
    const res = known?.mayFinish === true ? undefined : known?.res;
    const held = res && heldBy(launch, process, res);
    if (launch === undefined || res === undefined || held === undefined || task?.holds === undefined) return undefined;
    return { wanted: res, granted: task.granted ?? res, held, host: launch.hostname };
  }

  /** Sends what is due. */
  async tick(present: PresentWorkloads): Promise<void> {
    const now = this.#options.clock.now();
    for (const { spec, deleting } of clustersOf(present.workloads())) {
      const nodes = deleting ? [] : this.#options.renderings.changedNodes(spec.name);
      if (nodes.length === 0) continue;
      const records = new Map(present.unitsOf(spec.name).map((record) => [record.unit, record]));
      for (const node of nodes) {
        const record = records.get(node);
        try {
          if (record !== undefined) await this.#publish(present, spec, record, now);
        } catch (error) {
          this.#options.onProblem?.(spec.name, error);
        }
      }
    }
    this.#pace.sweep(now);
  }

  async #publish(present: PresentWorkloads, spec: ClusterSpec, record: UnitRecord, now: number): Promise<void> {
    const { launch } = record;
    if (launch === undefined) return;
    const behind = this.wanted(spec, record).filter((wanted) => {
      const followed = followedProcess(record, wanted.spec?.name ?? "");
      // One that could not follow something may still try to.
      return followed.kind === "follows" && (followed.version !== wanted.version || followed.problem !== "");
    });
    if (behind.length === 0) return;
    const versions = behind.map(({ version }) => version).join(" ");
    if (!this.#pace.isDue(launch.executorId, versions, now)) return;
    const state = NodeProcesses.encode({ processes: behind, ...this.#limits(spec, record) });
    const message = SchedulerMessage.encode({ message: { kind: "unitState", value: { state } } });
    await present.send(launch.agentId, launch.executorId, message);
  }
}
