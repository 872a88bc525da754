// What the plan of a move asks of executors. Each action is idempotent: it looks at what is there first. The disks go from the
// executor of the one host to that of the other through the scheduler, which only passes bytes on; both ends check them.
import { CkeError, type Clock } from "@cke/foundation";
import { VmCall, VmCallResult } from "@cke/protocol";
import type { Channel } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { goesOnAtRest } from "../../workload/records/removal-state.ts";
import { isReady } from "../../workload/tasks/statuses.ts";
import { isVm, type VmRecord } from "../body/vm-record.ts";
import { hasOwnDisks, vmUnit } from "../body/vm-spec.ts";
import { between, disksSocket, migrateCall } from "./executor-way.ts";
import { awayWords, type MovedRecords, sourceLostWords, standingWords } from "./give-up.ts";
import { LiveMove } from "./live-move.ts";
import { givenUpOption } from "./move-plan.ts";
import { destinationUnit, sourceUnit } from "./move-units.ts";

export interface MoveActionsParts {
  readonly channels: Pick<WorkloadChannels, "open">;
  readonly clock: Pick<Clock, "now" | "after">;
  /** Of this VM. */
  readonly unitsOf: (vm: string) => readonly UnitRecord[];
  readonly vms: () => readonly VmRecord[];
}

const done: PlanActionOutcome = { state: "done" };

export class MoveActions {
  readonly #parts: MoveActionsParts;
  readonly #live: LiveMove;

  constructor(parts: MoveActionsParts) {
    this.#parts = parts;
    this.#live = new LiveMove(parts);
  }

  async act(request: PlanActionRequest): Promise<PlanActionOutcome> {
    const { action, plan, workload } = request;
    const lost = action === "return" ? undefined : standingWords(plan, this.#records(workload));
    if (lost !== undefined) return { state: "waits", reason: lost };
    // What the executors of a host out of reach would be asked.
    const away = action === "room" || action === "turn" ? awayWords(plan, this.#records(workload)) : undefined;
    if (away !== undefined) return { state: "waits", reason: away };
    switch (action) {
      case "ready":
        return ready(request);
      case "room":
        return await this.#room(request);
      case "turn":
        return this.#live.turn(request);
      case "live":
        return await this.#live.act(request);
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

  async #copy(request: PlanActionRequest): Promise<PlanActionOutcome> {
    const { workload, plan, report, signal } = request;
    const there = await this.#parts.channels.open(workload.spec.name, destinationUnit, signal);
    if (await this.#live.isThere(plan, there, signal)) return done;
    const records = this.#records(workload);
    const lost = sourceLostWords(records);
    // Of shared disks nothing is to be copied.
    if (lost !== undefined) return records.shared ? done : { state: "waits", reason: lost };
    const { source, destination } = await this.#ends(workload.spec.name, signal);
    const why = this.#live.coldReason(plan);
    const words = why === undefined ? "" : ` (it could not move while it ran: ${why})`;
    const say = (text: string) => report(`${text}${words}`);
    // The source answers when its guest has ended and the disks are its own.
    say("the old host makes sure that its guest has ended");
    const call = VmCall.encode({ call: { kind: "transfer", value: {} } });
    await between(source, destination, disksSocket, async (both) => await destination.call(call, say, both), signal);
    this.#live.forget(plan);
    return done;
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
