// A VM that moves to another host, against a fake Mesos: its executors as far as a scheduler asks them something, and the stages of its move.
import { PassThrough } from "node:stream";
import { CkeError } from "@cke/foundation";
import {
  SchedulerMessage,
  TaskReport,
  VmCall,
  VmCallResult,
  VmReport,
  type VmSnapshotInit,
  VmTask,
} from "@cke/protocol";
import type { Channel } from "../../channel/channel.ts";
import { settle } from "../../framework/testing/manual-clock.ts";
import { Scenario } from "../../framework/testing/scenario.ts";
import { sampleVmBody } from "./sample-vms.ts";

type Ways = Pick<Channel, "tunnel" | "call">;

/** The executors of a move, as far as a scheduler asks them something. */
export class Executors {
  readonly asked: string[] = [];
  /** Of the guest, while it runs. */
  snapshots: readonly VmSnapshotInit[] = [];
  /** What the new host lacks for its disks. */
  lacking: CkeError | undefined;
  /** What comes of a move of the guest while it runs. By default it cannot move so. */
  moveLive: (progress: (words: string) => void, signal: AbortSignal) => Promise<{ moved: boolean; text: string }> =
    () => Promise.resolve({ moved: false, text: "it has a disk that cannot" });
  /** Of an earlier version. */
  older = false;
  /** The guest runs on its new host. */
  gone = false;
  copying = Promise.withResolvers<Uint8Array>();

  readonly channels = {
    open: async (_workload: string, unit: string): Promise<Channel> => {
      const ways: Ways = {
        tunnel: async () => {
          if (unit === "vm" && this.older) throw new CkeError("invalid_argument", "allowed sockets are vnc and serial");
          this.asked.push(`tunnel ${unit}`);
          return new PassThrough();
        },
        call: async (request, progress, signal) => {
          const { call } = VmCall.decode(request);
          if (call?.kind === "snapshot") return VmCallResult.encode({ snapshots: this.snapshots });
          if (call?.kind === "migrate") {
            this.asked.push(`${call.value.action} ${unit}`);
            if (call.value.action !== "begin") return VmCallResult.encode({ moved: this.gone });
            return VmCallResult.encode(await this.moveLive(progress, signal));
          }
          if (call?.kind === "room") {
            this.asked.push(`room ${unit} ${call.value.bytes}`);
            if (unit === "destination" && this.lacking !== undefined) throw this.lacking;
            return VmCallResult.encode({ bytes: unit === "source" ? 5_000 : 0 });
          }
          this.asked.push(`call ${unit}`);
          progress("copying disk-system.qcow2: 40 %");
          const gone = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
          return await Promise.race([this.copying.promise, gone]);
        },
      };
      return Object.assign(Object.create(null), ways);
    },
  };
}

export const tasks = (s: Scenario, unit: string, vm = "web") =>
  s.mesos.live().filter(({ executorId }) => executorId.startsWith(`cke-vm.${vm}.${unit}.`));
export const hostOf = (s: Scenario, unit: string) => tasks(s, unit).map(({ info }) => info.agent_id.value.slice(2));
export const launched = (s: Scenario, unit: string) =>
  VmTask.decode(new Uint8Array(Buffer.from(tasks(s, unit)[0]?.info.data ?? "", "base64")));
export const state = (s: Scenario) => s.scheduler.vms.state("web");
export const change = (s: Scenario) => state(s).plan.changes[0];
export const going = (s: Scenario) =>
  change(s)?.stages.flatMap(({ name, units }) =>
    units.flatMap(({ status, unit, reason }) =>
      status === "done" || status === "waiting" ? [] : [`${name} ${unit}: ${reason}`],
    ),
  ) ?? [];

export async function runs(s: Scenario, unit: string, vm = "web"): Promise<void> {
  const kindReport = VmReport.encode({ state: unit === "vm" ? "running" : "" });
  const value = { launchStep: "ready", containerId: "d1", data: "kept", kindReport };
  const data = Buffer.from(TaskReport.encode({ report: { kind: "unit", value } })).toString("base64");
  const id = tasks(s, unit, vm)[0]?.info.task_id.value ?? "";
  s.mesos.update(id, "TASK_RUNNING", { healthy: true, data });
  await settle();
}

export const removals = (s: Scenario) =>
  s.mesos.calls.flatMap((call) => {
    if (call.type !== "MESSAGE") return [];
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(call.message.data, "base64")));
    return message?.kind === "removeUnit" ? [message.value.executorId.split(".").slice(1, 3).join(".")] : [];
  });

export async function running(body: Readonly<Record<string, unknown>> = {}, ...more: readonly string[]) {
  const executors = new Executors();
  const s = await new Scenario({ channels: executors.channels }).start();
  for (const host of ["a", "b", ...more]) s.mesos.addAgent(host);
  await s.scheduler.vms.create(sampleVmBody({ disk: { system: { path: "/mnt/web.qcow2", shared: true } }, ...body }));
  await settle();
  await s.offer("a");
  await runs(s, "vm");
  return { s, executors };
}

/** Its executors run on both hosts, and its guest has ended. */
export async function copying(body: Readonly<Record<string, unknown>> = {}) {
  const { s, executors } = await running(body);
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  return { s, executors };
}

export async function moved(body: Readonly<Record<string, unknown>> = {}) {
  const { s, executors } = await copying(body);
  executors.copying.resolve(new Uint8Array());
  await s.seconds(10);
  await s.offer("a", "b");
  return { s, executors };
}
