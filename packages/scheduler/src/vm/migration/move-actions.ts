// What the plan of a move asks of executors. Each action is idempotent: it looks at what is there first. The disks go from the
// executor of the one host to that of the other through the scheduler, which only passes bytes on; both ends check them.
import { pipeline } from "node:stream/promises";
import { CkeError, type Clock } from "@cke/foundation";
import { VmCall, VmCallResult } from "@cke/protocol";
import type { Channel } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { goesOnAtRest } from "../../workload/records/removal-state.ts";
import { isReady } from "../../workload/tasks/statuses.ts";
import { isVm } from "../body/vm-record.ts";
import { hasOwnDisks, vmUnit } from "../body/vm-spec.ts";
import { type MovedRecords, sourceLostWords, standingWords } from "./give-up.ts";
import { givenUpOption, liveOnlyOption, liveProgress } from "./move-plan.ts";
import { destinationUnit, sourceUnit } from "./move-units.ts";

/** Name of the tunnel to an executor's disks. */
const disksSocket = "disks";
/** The same for a guest that moves while it runs. */
const migrationSocket = "migration";

export interface MoveActionsParts {
  readonly channels: Pick<WorkloadChannels, "open">;
  readonly clock: Pick<Clock, "now">;
  /** Of this VM. */
  readonly unitsOf: (vm: string) => readonly UnitRecord[];
}

const done: PlanActionOutcome = { state: "done" };

export class MoveActions {
  readonly #parts: MoveActionsParts;
  /** By plan: why the guest could not move while it ran. */
  readonly #cold = new Map<string, string>();

  constructor(parts: MoveActionsParts) {
    this.#parts = parts;
  }

  async act(request: PlanActionRequest): Promise<PlanActionOutcome> {
    const { action, plan, workload } = request;
    const lost = action === "return" ? undefined : standingWords(plan, this.#records(workload));
    if (lost !== undefined) return { state: "waits", reason: lost };
    switch (action) {
      case "ready":
        return ready(request);
      case "room":
        return await this.#room(request);
      case "live":
        return await this.#live(request);
      case "copy":
        return await this.#copy(request);
      case "given":
        return done;
      case "ended":
        return ended(request);
      case "return":
        return await this.#return(request);
      default:
        return { state: "failed", reason: `this version does not know the action "${request.action}" for VMs` };
    }
  }

  #records(workload: PlanActionRequest["workload"]): MovedRecords {
    const vm = workload.spec.name;
    const all = this.#parts.unitsOf(vm);
    const [guest, source, destination] = [vmUnit, sourceUnit, destinationUnit].map((unit) =>
      all.find((one) => one.unit === unit),
    );
    const shared = isVm(workload) && !hasOwnDisks(workload.spec);
    return { guest: guest ?? newUnitRecord(vm, vmUnit, ""), source, destination, shared };
  }

  /** Its new host is gone for good: the executor of the old one is told that the guest is its own again. */
  async #return({ workload, record, plan, report, signal }: PlanActionRequest): Promise<PlanActionOutcome> {
    // No guest has gone.
    if (goesOnAtRest(plan)) return done;
    // It has ended by itself, or has lost its old host too.
    if (record === undefined || record.finishedAtMs !== undefined || record.dataLost !== undefined) return done;
    if (record.launch === undefined)
      return { state: "waits", reason: `its executor is launched on ${record.home} first` };
    const channel = await this.#parts.channels.open(workload.spec.name, vmUnit, signal);
    const call = migrateCall("take-back", `${plan.options[givenUpOption] ?? ""}`);
    const { moved } = VmCallResult.decode(await channel.call(call, report, signal));
    if (!moved) return done;
    const { hostname, executorId } = record.launch;
    return {
      state: "waits",
      reason: `its executor on ${hostname} is of an earlier version of CKE, and takes no guest back: end the process of executor ${executorId} there (kill -9), and the new one that is launched starts its guest`,
    };
  }

  /** Waits until the new host has room. The guest runs on meanwhile. Throws what its executor says is missing. */
  async #room({ workload, report, signal }: PlanActionRequest): Promise<PlanActionOutcome> {
    const snapshots = await this.#memorySnapshots(workload.spec.name, signal);
    if (snapshots.length > 0)
      return { state: "failed", reason: `it ${snapshotWords(snapshots)}, then ask for a retry (POST …/plan/retry)` };
    const { source, destination } = await this.#ends(workload.spec.name, signal);
    const { bytes } = VmCallResult.decode(await source.call(roomCall(0), report, signal));
    await destination.call(roomCall(bytes), report, signal);
    return done;
  }

  /** Names of snapshots of a guest that runs. Of one that does not, the executor that gives the disks away asks libvirt itself. */
  async #memorySnapshots(vm: string, signal: AbortSignal): Promise<readonly string[]> {
    try {
      const channel = await this.#parts.channels.open(vm, vmUnit, signal);
      const request = VmCall.encode({ call: { kind: "snapshot", value: { action: "list" } } });
      const { snapshots } = VmCallResult.decode(await channel.call(request, () => {}, signal));
      return snapshots.filter(({ memory }) => memory).map(({ name }) => name);
    } catch (error) {
      if (error instanceof CkeError && error.code === "vm_not_running") return [];
      throw error;
    }
  }

  async #ends(vm: string, signal: AbortSignal): Promise<{ readonly source: Channel; readonly destination: Channel }> {
    const [source, destination] = await Promise.all(
      [sourceUnit, destinationUnit].map(async (unit) => await this.#parts.channels.open(vm, unit, signal)),
    );
    if (source === undefined || destination === undefined) throw new CkeError("no_channel", "there is no channel");
    return { source, destination };
  }

  /** Moves the guest while it runs; asked again it goes on, or says that the guest has moved. One that cannot is shut down afterwards. */
  async #live({ workload, record, plan, report, signal }: PlanActionRequest): Promise<PlanActionOutcome> {
    // It has ended by itself: only its disks go.
    if (record === undefined || record.finishedAtMs !== undefined) return done;
    if (this.#cold.has(plan.id)) return done;
    const vm = workload.spec.name;
    const destination = await this.#parts.channels.open(vm, destinationUnit, signal);
    const isThere = async () => await this.#isThere(plan, destination, signal);
    if (record.launch === undefined) {
      // On a host that is gone for good nothing runs; else its executor comes back to its guest.
      if (record.dataLost !== undefined || (await isThere())) return done;
      return { state: "waits", reason: "the executor of its guest is launched again first" };
    }
    const call = migrateCall("begin", plan.id);
    const ask = async () => {
      const source = await this.#parts.channels.open(vm, vmUnit, signal);
      const begin = async (both: AbortSignal) => VmCallResult.decode(await source.call(call, report, both));
      return await between(source, destination, migrationSocket, begin, signal);
    };
    const { moved, text } = await ask().catch(async (error: unknown) => {
      if (error instanceof CkeError && olderExecutor.has(error.code))
        return { moved: false, text: "its executor is of an earlier version of CKE" };
      // An executor that is out of reach says nothing, also when its guest had gone before.
      if (await isThere()) return { moved: true, text: "" };
      throw error;
    });
    if (moved) return done;
    const why = `it cannot move while it runs: ${text}`;
    if (plan.options[liveOnlyOption] === true)
      return {
        state: "failed",
        reason: `${why}; then ask for a retry (POST …/plan/retry), or give the move up (DELETE …/migrate) and ask for one without live`,
      };
    this.#cold.set(plan.id, text);
    return { state: "waits", reason: `${why}; it is shut down for its move` };
  }

  /** True when the guest has moved while it ran, as its new host knows. */
  async #isThere(plan: WorkloadPlan, destination: Channel, signal: AbortSignal): Promise<boolean> {
    if (liveProgress(plan) === "never") return false;
    return VmCallResult.decode(await destination.call(migrateCall("look", plan.id), () => {}, signal)).moved;
  }

  async #copy(request: PlanActionRequest): Promise<PlanActionOutcome> {
    const { workload, plan, report, signal } = request;
    const there = await this.#parts.channels.open(workload.spec.name, destinationUnit, signal);
    if (await this.#isThere(plan, there, signal)) return done;
    const records = this.#records(workload);
    const lost = sourceLostWords(records);
    // Of shared disks nothing is to be copied.
    if (lost !== undefined) return records.shared ? done : { state: "waits", reason: lost };
    const { source, destination } = await this.#ends(workload.spec.name, signal);
    const why = this.#cold.get(plan.id);
    const words = why === undefined ? "" : ` (it could not move while it ran: ${why})`;
    const say = (text: string) => report(`${text}${words}`);
    // The source answers when its guest has ended and the disks are its own.
    say("the old host makes sure that its guest has ended");
    const call = VmCall.encode({ call: { kind: "transfer", value: {} } });
    await between(source, destination, disksSocket, async (both) => await destination.call(call, say, both), signal);
    this.#cold.delete(plan.id);
    return done;
  }
}

/** Codes of an executor that does not know a move of a guest that runs. */
const olderExecutor: ReadonlySet<string> = new Set(["invalid_argument", "unimplemented"]);

const migrateCall = (action: string, plan: string) =>
  VmCall.encode({ call: { kind: "migrate", value: { action, plan } } });

/** Passes bytes on between the tunnels of this name of both executors, until the question is answered. */
async function between<T>(
  source: Channel,
  destination: Channel,
  socket: string,
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  try {
    const target = { target: { kind: "unixSocket", value: socket } } as const;
    const from = await source.tunnel(target, both);
    const to = await destination.tunnel(target, both);
    const way = Promise.all([pipeline(from, to), pipeline(to, from)]);
    const lost = way.then(
      // Both have said all: the answer is on its way.
      async () => await new Promise<never>(() => {}),
      (cause: unknown) => {
        throw new CkeError("copy_cut", "the way between both hosts was cut; it goes on where it was", {
          cause,
        });
      },
    );
    return await Promise.race([ask(both), lost]);
  } finally {
    ended.abort();
  }
}

/** Why a VM with these snapshots is not moved, to follow its name. libvirt alone knows them. */
export const snapshotWords = (names: readonly string[]): string =>
  `has snapshots with memory, which stay behind when it moves: ${names.join(", ")}; delete them first`;

const roomCall = (bytes: number) => VmCall.encode({ call: { kind: "room", value: { bytes } } });

function ready({ unit, record }: PlanActionRequest): PlanActionOutcome {
  if (record === undefined || (record.launch !== undefined && isReady(record))) return done;
  const where = record.launch === undefined ? "waits for an agent" : `starts on ${record.launch.hostname}`;
  const last = record.lastFailure === "" ? "" : `; the last launch ended: ${record.lastFailure}`;
  return {
    state: "waits",
    reason: `the executor that ${unit === sourceUnit ? "gives" : "takes"} the disks ${where}${last}`,
  };
}

/** The executor that took the disks has ended by its own word. One that is out of reach may be lost, and the disks with it. */
function ended({ record }: PlanActionRequest): PlanActionOutcome {
  if (record?.launch === undefined) return done;
  const { hostname } = record.launch;
  return { state: "waits", reason: `its new host ${hostname} is out of reach: its disks on the old one are kept` };
}
