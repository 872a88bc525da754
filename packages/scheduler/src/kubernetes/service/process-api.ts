// The service for single processes: stores what an operator wants of one, in the specification of its cluster and in the rendering of
// its node. That it happens follows from what is stored (kubernetes/processes).
import { CkeError, type Clock } from "@cke/foundation";
import type { Probe } from "@cke/protocol";
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import type { Framework } from "../../framework/loop/framework.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { planWith } from "../../workload/plans/new-plan.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { PlanRefusedError } from "../../workload/plans/plan-control.ts";
import { type LaunchRecord, processTaskOf, type UnitRecord } from "../../workload/records/records.ts";
import { beyondAmount, type HeldAmount, isNoAmount, sameAmount } from "../../workload/records/resource-tasks.ts";
import { taskStatus, wishOf } from "../../workload/tasks/statuses.ts";
import { ClusterDeletingError } from "../cluster/cluster-errors.ts";
import { type ClusterRecord, knownCluster } from "../cluster/cluster-record.ts";
import { listedProcesses, type NodeSpec } from "../cluster/cluster-spec.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { clusterTextProblem } from "../configuration/program-texts.ts";
import type { KubernetesKind } from "../kubernetes-kind.ts";
import { isJoining } from "../masters/founding.ts";
import { configurationFor } from "../network/network-provider.ts";
import { beingRemoved, removalGoal } from "../nodes/removal-plan.ts";
import { type EtcdMaster, quorumProblem } from "../processes/etcd-stop.ts";
import { followedProcess, isEnding } from "../processes/followed-process.ts";
import { asksForRestart, changedRendering, changedSpec, type ProcessChange } from "../processes/process-change.ts";
import { readProcessChange } from "../processes/process-change-reader.ts";
import { changedRecord } from "../processes/process-records.ts";
import { describeChange, type FollowingState, isSettled, settledWords } from "../processes/process-words.ts";
import type { NodeOutline, OutlineProcess } from "../rendering/node-outline.ts";
import type { ChangedProcess, ProcessName, ProcessService, SettledProcess } from "../views/process-service.ts";

export interface ProcessApiParts {
  readonly framework: Framework;
  readonly kind: Pick<KubernetesKind, "renderings" | "processes">;
  readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
  readonly clock: Clock;
}

interface Found {
  readonly cluster: ClusterRecord;
  readonly node: NodeSpec;
  readonly record: UnitRecord | undefined;
  readonly outline: NodeOutline;
  readonly process: OutlineProcess;
}

/** Between two looks at the reports while a request waits. */
const lookMs = 100;
/** How long a request for lower limits waits for the answer of the kernel. */
const lowerMs = 8_000;

/** Of process, in the configuration. */
const etcdType = "etcd";

const refused = (message: string) => new CkeError("process_change_refused", message, { status: 409 });

export class ProcessApi implements ProcessService {
  readonly #parts: ProcessApiParts;

  constructor(parts: ProcessApiParts) {
    this.#parts = parts;
  }

  async change(name: ProcessName, body: unknown, by: string, force = false): Promise<ChangedProcess> {
    const { change, before, ...changed } = await this.#parts.framework.change(async () => {
      const found = this.#find(name);
      const { cluster, process } = found;
      if (cluster.deleting) throw new ClusterDeletingError(cluster.spec.name);
      if (planWith(cluster, name.node)?.goal === removalGoal) throw new PlanRefusedError(beingRemoved(name.node), 409);
      const { change, ignored } = readProcessChange(body, process, this.#configurationOf(found));
      if (change.expect === "STOP" && process.type === etcdType && !force) this.#refuseLostQuorum(found);
      const warnings = ignoredFieldsMessage(ignored);
      const message = await this.#store(found, change);
      this.#log(found, `${message}${by === "" ? "" : ` (asked for by ${by})`}`);
      for (const warning of warnings) this.#log(found, warning, "warning");
      if (change.res !== undefined) this.#framework.offers.ask();
      return { message, warnings, change, before: process.res };
    });
    if (change.res !== undefined && !isNoAmount(beyondAmount(before, change.res)))
      await this.#refuseBelowUse(name, change.res, before);
    return changed;
  }

  /**
   * Lower limits are tried at once. Where the kernel refuses them, because more is in use, the change is taken back, and the
   * request is refused with the wrapper's figures. Where nobody answers in time, it stays.
   */
  async #refuseBelowUse(name: ProcessName, asked: HeldAmount, before: HeldAmount): Promise<void> {
    const { clock } = this.#parts;
    const deadline = clock.monotonic() + lowerMs;
    for (;;) {
      const { followed, wanted } = this.#following(name) ?? {};
      if (followed?.kind !== "follows" || wanted === undefined || followed.version === wanted.version) return;
      if (followed.problem !== "" && followed.problemVersion === wanted.version) {
        await this.#parts.framework.change(async () => {
          const found = this.#find(name);
          if (!sameAmount(found.process.res, asked)) return;
          await this.#store(found, { res: before });
          this.#log(found, `its resources stay as they were: ${followed.problem}`, "warning");
        });
        throw new CkeError("limit_in_use", `the resources stay as they were: ${followed.problem}`, { status: 409 });
      }
      if (clock.monotonic() >= deadline) return;
      await clock.sleep(lookMs);
    }
  }

  async settled(name: ProcessName, waitMs: number, signal: AbortSignal): Promise<SettledProcess> {
    const { clock } = this.#parts;
    const deadline = clock.monotonic() + waitMs;
    for (;;) {
      const now = this.#settledNow(name);
      if (now.done || clock.monotonic() >= deadline || signal.aborted) return now;
      await clock.sleep(lookMs, signal).catch(() => {});
    }
  }

  checks(name: ProcessName): readonly Probe[] {
    const { cluster, node, process } = this.#find(name);
    const rendered = this.#parts.kind.renderings.node(cluster.spec, node.name);
    return rendered?.processes.find((one) => one.name === process.name)?.spec.health ?? [];
  }

  #settledNow(name: ProcessName): SettledProcess {
    const { cluster, record } = this.#find(name);
    const state = isEnding(cluster, record) ? undefined : this.#following(name);
    return state === undefined ? { done: true, words: "" } : { done: isSettled(state), words: settledWords(state) };
  }

  #following(name: ProcessName): FollowingState | undefined {
    const { record, process, cluster } = this.#find(name);
    return record && this.#parts.kind.processes.following(cluster.spec, record, process.name);
  }

  #log({ cluster, node, process }: Found, words: string, level: "info" | "warning" = "info"): void {
    this.#framework.logs.line(level, cluster.spec.name, words, { unit: node.name, process: process.name });
  }

  #refuseLostQuorum({ cluster, node }: Found): void {
    const { ledger } = this.#framework;
    const masters = cluster.spec.units.flatMap(({ name, type }): EtcdMaster[] => {
      const etcd = this.#parts.kind.renderings
        .node(cluster.spec, name)
        ?.processes.find(({ spec }) => spec.type === etcdType);
      if (type !== "master" || etcd === undefined || isJoining(cluster, name)) return [];
      const task = processTaskOf(ledger.unit(cluster.spec.name, name)?.launch, etcd.name);
      const wanted = !etcd.stopped && wishOf(cluster, name) === "run";
      return [{ node: name, wanted, healthy: taskStatus(task, wishOf(cluster, name)) === "running" }];
    });
    const problem = quorumProblem(node.name, masters);
    if (problem !== undefined) throw refused(problem);
  }

  /** Stores the change and returns what happens now. */
  async #store({ cluster, node, record, outline, process }: Found, change: ProcessChange): Promise<string> {
    const { renderings } = this.#parts.kind;
    const { ledger } = this.#framework;
    const followed = record === undefined ? ({ kind: "none" } as const) : followedProcess(record, process.name);
    const restart = asksForRestart(change);
    if (restart && Object.keys(change).length === 0 && followed.kind === "ended" && followed.finished)
      throw refused(`${process.name} has done its work and ended: it runs once at each launch of its node`);
    if (change.res !== undefined && record?.launch !== undefined) refuseResources(record.launch, process);
    const before = renderings.stored(cluster.spec, node.name);
    const stopped = before?.changed?.[process.name]?.stopped === true && change.expect === undefined;
    if (restart && stopped && Object.keys(change).length === 0)
      throw refused(
        `${process.name} is stopped, and stays so until it is to run again: nothing is restarted. {"expect": "RUN"} starts it`,
      );
    const spec = changedSpec(cluster.spec, node.name, process.name, change, outline);
    refuseMoreText(spec, cluster.spec);
    const rendering = renderings.change(spec, node.name, (rendered, fresh) =>
      changedRendering(rendered, process.name, change, fresh),
    );
    const after = rendering?.nodes.get(node.name);
    if (before === undefined || rendering === undefined || after === undefined)
      throw refused(
        `node "${node.name}" was never rendered: ${renderings.problem(cluster.spec) ?? "its cluster is of an older store"}`,
      );
    const index = outline.processes.findIndex(({ name }) => name === process.name);
    // An executor of an earlier version knows no changes. It knows the end of one task and the launch of another.
    const ending = isEnding(cluster, record);
    const anew =
      !ending && restart && followed.kind === "fixed" && record?.launch?.pod !== true && change.expect !== "STOP";
    const replaced = anew ? "it is restarted by a new task: its executor is of an earlier version of CKE" : undefined;
    const res = change.res && { before: process.res, after: change.res };
    const now = this.#parts.clock.now();
    const changed =
      record && changedRecord(record, { process: process.name, index, before, after, res, replaced, now });
    await ledger.commit({
      ...(spec === cluster.spec ? {} : { workload: { ...cluster, spec } }),
      units: changed === undefined ? [] : [changed],
      also: rendering.operations,
    });
    renderings.keep(cluster.spec.name, rendering);
    const asked = { node: node.name, process: process.name, change, restart, stopped };
    return describeChange({ ...asked, followed, ending, replaced });
  }

  #find({ cluster: name, node: nodeName, process: processName }: ProcessName): Found {
    const { ledger } = this.#framework;
    const cluster = knownCluster(ledger, name);
    const { units } = cluster.spec;
    const node = units.find((one) => one.name === nodeName);
    if (node === undefined)
      throw new PartNotFoundError(
        "node",
        `cluster "${name}"`,
        nodeName,
        units.map((one) => one.name),
      );
    const outline = this.#parts.kind.renderings.outline(cluster.spec, nodeName);
    if (outline === undefined) throw refused(`node "${nodeName}" was never rendered`);
    const process = outline.processes.find((one) => one.name === processName);
    if (process === undefined) {
      const known = outline.processes.map((one) => one.name);
      throw new PartNotFoundError("process", `node "${nodeName}"`, processName, known);
    }
    return { cluster, node, record: ledger.unit(name, nodeName), outline, process };
  }

  #configurationOf({ cluster, node, process }: Found) {
    const whole = this.#parts.configurations.get(cluster.spec.version);
    return (whole && configurationFor(cluster.spec, whole))?.nodes[node.type].processes.find(
      ({ type }) => type === process.type,
    );
  }

  get #framework(): FrameworkComponents {
    return this.#parts.framework.parts;
  }
}

/** Throws a 422 where the change makes the cluster too large for the store. */
function refuseMoreText(next: ClusterRecord["spec"], before: ClusterRecord["spec"]): void {
  if (next === before) return;
  const message = clusterTextProblem(listedProcesses(next), listedProcesses(before));
  if (message !== undefined) throw new SpecInvalidError([{ path: "", message }], 422);
}

/** Throws a 409 for what cannot change while the node runs. */
function refuseResources(launch: LaunchRecord, { name, mayFinish }: OutlineProcess): void {
  if (launch.pod === true)
    throw refused(
      `the resources of ${name} cannot change while its node runs: its node is a pod, whose tasks Mesos launches all together or not at all. Stop the cluster (or the node), change them, and start it again`,
    );
  if (mayFinish)
    throw refused(
      `the resources of ${name}, which ends when its work is done, are held by its node's own task: stop the cluster (or the node), change them, and start it again`,
    );
}
