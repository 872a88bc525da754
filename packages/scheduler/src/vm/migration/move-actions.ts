// What the plan of a move asks of executors. Each action is idempotent: it looks at what is there first. The disks go from the
// executor of the one host to that of the other through the scheduler, which only passes bytes on; both ends check them.
import { pipeline } from "node:stream/promises";
import { CkeError, type Clock } from "@cke/foundation";
import { VmCall, VmCallResult } from "@cke/protocol";
import type { Channel } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import { isReady } from "../../workload/tasks/statuses.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { destinationUnit, sourceUnit } from "./move-units.ts";

/** Name of the tunnel to an executor's disks. */
const disksSocket = "disks";

export interface MoveActionsParts {
  readonly channels: Pick<WorkloadChannels, "open">;
  readonly clock: Pick<Clock, "now">;
}

const done: PlanActionOutcome = { state: "done" };

export class MoveActions {
  readonly #parts: MoveActionsParts;

  constructor(parts: MoveActionsParts) {
    this.#parts = parts;
  }

  async act(request: PlanActionRequest): Promise<PlanActionOutcome> {
    switch (request.action) {
      case "ready":
        return ready(request);
      case "room":
        return await this.#room(request);
      case "copy":
        return await this.#copy(request);
      case "given":
        return done;
      default:
        return { state: "failed", reason: `this version does not know the action "${request.action}" for VMs` };
    }
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

  async #copy({ workload, report, signal }: PlanActionRequest): Promise<PlanActionOutcome> {
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    const { source, destination } = await this.#ends(workload.spec.name, both);
    try {
      // The source answers when its guest has ended and the disks are its own.
      report("the old host makes sure that its guest has ended");
      const target = { target: { kind: "unixSocket", value: disksSocket } } as const;
      const from = await source.tunnel(target, both);
      const to = await destination.tunnel(target, both);
      const way = Promise.all([pipeline(from, to), pipeline(to, from)]);
      const lost = way.then(
        // Both have said all: the answer is on its way.
        async () => await new Promise<never>(() => {}),
        (cause: unknown) => {
          throw new CkeError("copy_cut", "the way between both hosts was cut; the copy goes on where it was", {
            cause,
          });
        },
      );
      const call = VmCall.encode({ call: { kind: "transfer", value: {} } });
      await Promise.race([destination.call(call, report, both), lost]);
      return done;
    } finally {
      ended.abort();
    }
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
