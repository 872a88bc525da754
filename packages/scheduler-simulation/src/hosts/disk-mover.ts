// A simulated executor that gives the disks of a VM to another host, or takes them from there. It knows of disks what the simulated
// cke-vm-exec does: one entry for the VM's instance on each host.
import type { TaskInfo, TaskState, TaskStatus } from "@cke/mesos";
import type { ExecutorHost, SimulatedExecutor } from "@cke/mesos-local/simulation";
import { SchedulerMessage, VmTask } from "@cke/protocol";
import { type Container, instanceKey, type MovesDisks, type VmWorld } from "./container.ts";
import { encodeReport } from "./task-reports.ts";

/** A kill waits this long for the order to remove the data. */
const orderMs = 6_000;
/** Another executor of the host that has the disks is waited for. */
const waitMs = 1_000;

export class DiskMover implements SimulatedExecutor, MovesDisks {
  readonly #host: ExecutorHost;
  readonly #world: VmWorld;
  #task: { readonly id: string; readonly task: VmTask } | undefined;
  #ending = false;
  #ordered = false;

  constructor(host: ExecutorHost, world: VmWorld) {
    this.#host = host;
    this.#world = world;
    world.diskMovers.set(this.id, this);
  }

  get id(): string {
    return this.#host.executor.executor_id.value;
  }

  get answers(): boolean {
    return !this.#ending && this.#task !== undefined && this.#world.isAlive(this.#host.hostname, this.id);
  }

  launch(tasks: readonly TaskInfo[]): void {
    this.#world.onLaunch(this.#host, tasks);
    for (const { task_id, data } of tasks) {
      const task = VmTask.decode(new Uint8Array(Buffer.from(data ?? "", "base64")));
      if (task.removeOnKill) this.#ordered = true;
      this.#task = { id: task_id.value, task };
      this.#host.after(100 + this.#host.random() * 1_000, () => {
        if (!this.#ending) this.#host.update(task_id.value, "TASK_RUNNING", { healthy: true, ...this.#data("ready") });
      });
    }
  }

  kill(taskId: string): void {
    if (this.#ending || this.#task?.id !== taskId) return;
    this.#ending = true;
    this.#host.after(300, () => {
      if (this.#ordered) this.#end();
      else this.#host.after(orderMs, () => this.#end());
    });
  }

  message(data: string): void {
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(data, "base64")));
    if (message?.kind === "removeUnit" && message.value.executorId === this.id) this.#ordered = true;
  }

  shutdown(): void {
    this.#ending = true;
    this.#host.after(100, () => this.#report("TASK_KILLED", "kept"));
  }

  give(): Container {
    const disks = this.#disks();
    if (disks === undefined) throw new Error(`there are no disks on ${this.#host.hostname}`);
    if (this.#isBusy(disks)) throw new Error(`${disks.executorId} still has the disks on ${this.#host.hostname}`);
    disks.executorId = this.id;
    disks.running = false;
    return disks;
  }

  get disks(): Container | undefined {
    return this.#disks();
  }

  take(disks: Container): void {
    if (this.#disks()?.arrived === true && this.#disks()?.running === true)
      this.#world.onBrokenCopy(`disks are copied over those of a guest that runs on ${this.#host.hostname}`);
    this.#put({ ...disks, executorId: this.id, running: false });
  }

  receive(disks: Container): void {
    this.#put({ ...disks, executorId: this.id, running: true, arrived: true, gone: false, leaving: false });
    const now = this.#disks();
    if (now !== undefined) this.#world.onContainer(this.#host.hostname, `${this.#task?.task.vm ?? ""}/vm`, now);
  }

  #put(disks: Container): void {
    if (this.#task === undefined) return;
    const all = this.#world.hosts.get(this.#host.hostname) ?? new Map<string, Container>();
    this.#world.hosts.set(this.#host.hostname, all);
    all.set(this.#place(), disks);
  }

  #place(): string {
    return instanceKey(`${this.#task?.task.vm ?? ""}/vm`, this.#task?.task.instance ?? "");
  }

  #disks(): Container | undefined {
    return this.#world.hosts.get(this.#host.hostname)?.get(this.#place());
  }

  #isBusy({ executorId, running }: Container): boolean {
    return executorId !== this.id && running && this.#world.isAlive(this.#host.hostname, executorId);
  }

  #end(): void {
    const disks = this.#disks();
    if (!this.#ordered) {
      this.#report("TASK_KILLED", "kept");
      return;
    }
    if (disks !== undefined && this.#isBusy(disks)) {
      this.#host.after(waitMs, () => this.#end());
      return;
    }
    const { vm = "", instance = "", part = "" } = this.#task?.task ?? {};
    if (disks !== undefined)
      this.#world.onRemoval(this.id, instanceKey(`${vm}/${part}`, instance), this.#host.hostname);
    this.#world.hosts.get(this.#host.hostname)?.delete(this.#place());
    this.#report("TASK_KILLED", "removed");
  }

  #data(step: string, data = "kept"): Partial<TaskStatus> {
    const containerId = this.#disks() === undefined ? "" : (this.#task?.task.uuid ?? "");
    return { data: encodeReport({ report: { kind: "unit", value: { launchStep: step, containerId, data } } }) };
  }

  #report(state: TaskState, data: string): void {
    if (this.#task !== undefined) this.#host.update(this.#task.id, state, this.#data("stopping", data));
    this.#host.exit(0);
  }
}
