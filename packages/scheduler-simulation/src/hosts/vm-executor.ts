// A simulated cke-vm-exec, as far as a scheduler can see it: one guest per VM that outlives its executor and is adopted, secrets by
// message, changes while it runs. A kill takes time and removes the disks only by order. Guests and disks are kept by host, as containers are.
import type { TaskInfo, TaskState, TaskStatus } from "@cke/mesos";
import type { ExecutorHost, SimulatedExecutor } from "@cke/mesos-local/simulation";
import { SchedulerMessage, type VmCopy, VmState, VmTask } from "@cke/protocol";
import { type Container, containersOn, instanceKey, leaveUnknown, type RunsGuest, type VmWorld } from "./container.ts";
import { SecretsExchange } from "./secrets-exchange.ts";
import { guestData, type SimulatedGuest } from "./task-reports.ts";

/** A kill waits this long for the order to remove the data. */
const orderMs = 6_000;

export class VmExecutor implements SimulatedExecutor, RunsGuest {
  readonly #host: ExecutorHost;
  readonly #world: VmWorld;
  readonly #exchange: SecretsExchange;
  #guest: SimulatedGuest | undefined;
  #ending = false;
  /** The instances whose removal was ordered; "" stands for all. */
  readonly #orders = new Set<string>();

  constructor(host: ExecutorHost, world: VmWorld) {
    this.#host = host;
    this.#world = world;
    this.#exchange = new SecretsExchange(host, {
      wanted: () => !this.#ending,
      done: () => this.#runs(),
      failed: (reason) => this.#end("TASK_FAILED", reason),
    });
    world.vmExecutors.set(this.#id, this);
  }

  launch(tasks: readonly TaskInfo[]): void {
    this.#world.onLaunch(this.#host, tasks);
    for (const { task_id, data } of tasks) {
      const task = VmTask.decode(new Uint8Array(Buffer.from(data ?? "", "base64")));
      if (task.removeOnKill) this.#orders.add("");
      const key = `${task.vm}/vm`;
      const fresh = { step: "", runs: false, startedAtMs: 0, paused: false, stateVersion: "" };
      const guest = { taskId: task_id.value, task, key, ...fresh };
      this.#guest = guest;
      this.#step("libvirt");
      this.#after(100, 2_000, () => this.#look(guest));
    }
  }

  kill(taskId: string): void {
    if (this.#ending || taskId !== this.#guest?.taskId) return;
    this.#ending = true;
    if (this.#host.killingState) this.#host.update(taskId, "TASK_KILLING", this.#data("stopping"));
    // An executor that has not looked at its host yet does not touch what an earlier one has made, and fails.
    const disks = this.disks;
    const mine = disks === undefined || disks.executorId === this.#id;
    const end = () => this.#stopped(mine ? "TASK_KILLED" : "TASK_FAILED");
    this.#after(500, 8_000, () => {
      if (this.#ordered) end();
      else this.#host.after(orderMs, end);
    });
  }

  message(data: string): void {
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(data, "base64")));
    if (message?.kind === "removeUnit" && message.value.executorId === this.#id)
      this.#orders.add(message.value.instance);
    if (message?.kind === "secretsResponse") this.#exchange.answer(message.value);
    if (message?.kind === "unitState") this.#follow(VmState.decode(message.value.state));
  }

  shutdown(): void {
    this.#ending = true;
    this.#after(100, 1_000, () => this.#stopped("TASK_KILLED"));
  }

  /** A guest that may begin elsewhere ends. Any other runs on, but for an end that was ordered. */
  agentLost(): void {
    const ends = this.#guest?.task.movable === true || this.#ending;
    this.#ending = true;
    leaveUnknown(this.#host, () => (ends ? this.disks : undefined));
  }

  crashGuest(): boolean {
    if (!this.#isActive) return false;
    this.#end("TASK_FAILED", "the guest panicked");
    return true;
  }

  finishGuest(): boolean {
    if (!this.#isActive) return false;
    this.#end("TASK_FINISHED", "the guest was shut down");
    return true;
  }

  /** One that is being handed over stands still. */
  get #isActive(): boolean {
    return !this.#ending && this.#guest?.runs === true && this.disks?.leaving !== true;
  }

  get answers(): boolean {
    return !this.#ending && this.#guest !== undefined && this.#world.isAlive(this.#host.hostname, this.#id);
  }

  get hasGuest(): boolean {
    return this.#guest?.runs === true;
  }

  leave(): void {
    const disks = this.disks;
    if (disks !== undefined) Object.assign(disks, { gone: true, leaving: false, running: false });
    this.#idle();
  }

  takeBack(): void {
    const { disks } = this;
    const guest = this.#guest;
    if (guest === undefined || (disks?.gone !== true && disks?.leaving !== true)) return;
    Object.assign(disks, { gone: false, leaving: false });
    // One that was away when its executor came, or has gone, is looked for as at a launch.
    if (!guest.runs) this.#look(guest);
    else {
      disks.running = true;
      this.#world.onContainer(this.#host.hostname, guest.key, disks);
    }
  }

  get #id(): string {
    return this.#host.executor.executor_id.value;
  }

  get #ordered(): boolean {
    return this.#orders.has("") || this.#orders.has(this.#guest?.task.instance ?? "");
  }

  #all(): Map<string, Container> {
    return containersOn(this.#world.hosts, this.#host.hostname);
  }

  #place(): string {
    return instanceKey(this.#guest?.key ?? "", this.#guest?.task.instance ?? "");
  }

  /** The disks and the guest of this instance on this host. */
  get disks(): Container | undefined {
    return this.#all().get(this.#place());
  }

  #after(leastMs: number, mostMs: number, action: () => void): void {
    this.#host.after(leastMs + this.#host.random() * (mostMs - leastMs), action);
  }

  /** Adopts what an earlier executor has left, or makes it. */
  #look(guest: SimulatedGuest): void {
    if (this.#ending) return;
    const [found, { endOnKill }] = [this.disks, guest.task];
    if (endOnKill && found !== undefined) found.executorId = this.#id;
    const go = (container: Container) => {
      container.executorId = this.#id;
      container.running = true;
      this.#world.onContainer(this.#host.hostname, guest.key, container);
      container.version = (container.version ?? 0) + 1;
      this.#step("disks");
      const { seed } = guest.task.definition ?? {};
      this.#after(200, 3_000, () => {
        if (!this.#ending) this.#exchange.begin(seed?.password === true ? ["password"] : []);
      });
    };
    if (endOnKill || found?.gone === true || found?.leaving === true) {
      this.#idle();
      return;
    }
    if (found !== undefined) {
      found.arrived = false;
      go(found);
      return;
    }
    const { copyOf } = guest.task;
    if (copyOf !== undefined) {
      this.#copy(guest, copyOf, go);
      return;
    }
    this.#step("images");
    this.#after(100, 8_000, () => {
      if (this.#ending) return;
      if (this.#world.imageMissing()) {
        this.#end("TASK_FAILED", "there is no such image", "image_not_found");
        return;
      }
      // What is made before the guest has run is made again anywhere.
      go(this.#made(guest));
    });
  }

  /** It starts nothing, and waits for its end. */
  #idle(): void {
    if (this.#guest === undefined) return;
    this.#guest.runs = false;
    this.#guest.step = "ready";
    this.#host.update(this.#guest.taskId, "TASK_RUNNING", { healthy: true, ...this.#data("ready") });
  }

  #made(guest: SimulatedGuest): Container {
    const container = { instance: guest.task.instance, nodeType: "node", executorId: this.#id, running: true };
    this.#all().set(this.#place(), container);
    return container;
  }

  /** The disks of a clone, of those of its source on this host: that one must stay as it is meanwhile. */
  #copy(guest: SimulatedGuest, { vm, instance, snapshot }: VmCopy, go: (container: Container) => void): void {
    const source = () => this.#all().get(instanceKey(`${vm}/vm`, instance));
    const before = source();
    const version = before?.version;
    if (before === undefined) {
      this.#end("TASK_FAILED", `the disks of VM ${vm} are not on this host`, "clone_source");
      return;
    }
    if (snapshot === "" && before.running) {
      this.#end("TASK_FAILED", "another process uses the disk", "disk_busy");
      return;
    }
    this.#step("disks");
    this.#after(500, 20_000, () => {
      if (this.#ending) return;
      const after = source();
      if (after === undefined || (snapshot === "" && (after.running || after.version !== version)))
        this.#world.onBrokenCopy(`the disks of ${vm} have changed while ${guest.key} copied them`);
      go(this.#made(guest));
    });
  }

  #runs(): void {
    const guest = this.#guest;
    if (guest === undefined || this.#ending) return;
    guest.runs = true;
    guest.step = "ready";
    guest.startedAtMs = this.#world.now();
    const disks = this.disks;
    if (disks !== undefined) disks.started = true;
    if (disks !== undefined && !guest.task.movable) {
      disks.nodeType = "master";
      this.#world.onContainer(this.#host.hostname, guest.key, disks);
    }
    this.#host.update(guest.taskId, "TASK_RUNNING", { healthy: true, ...this.#data("ready") });
  }

  #follow({ version, paused }: VmState): void {
    const guest = this.#guest;
    if (guest?.runs !== true || this.#ending) return;
    this.#after(50, 2_000, () => {
      if (this.#ending) return;
      guest.stateVersion = version;
      guest.paused = paused;
      this.#host.update(guest.taskId, "TASK_RUNNING", { healthy: true, ...this.#data("ready") });
    });
  }

  #step(step: string): void {
    const guest = this.#guest;
    if (guest === undefined) return;
    guest.step = step;
    this.#host.update(guest.taskId, "TASK_STARTING", this.#data(step));
  }

  #data(step: string, detail = "", cause = "", data = "kept"): Partial<TaskStatus> {
    const containerId = this.disks === undefined ? "" : (this.#guest?.task.uuid ?? "");
    return guestData(this.#guest, { launchStep: step, detail, cause, containerId, data });
  }

  #stopped(state: TaskState): void {
    const disks = this.disks;
    // Where no guest was ever started there is nothing to keep.
    const nothing = disks === undefined || (disks.executorId === this.#id && disks.started !== true);
    const removal = (this.#ordered || nothing) && state === "TASK_KILLED";
    if (this.#guest !== undefined && removal && this.#ordered)
      this.#world.onRemoval(this.#id, this.#place(), this.#host.hostname);
    if (disks?.executorId === this.#id) {
      disks.running = false;
      if (removal) this.#all().delete(this.#place());
    }
    const cause = state === "TASK_KILLED" ? "" : "removal_failed";
    this.#report(state, removal ? "the VM was removed" : "the VM was stopped", cause, removal ? "removed" : "kept");
  }

  /** The guest has ended; its disks stay. */
  #end(state: TaskState, words: string, cause = ""): void {
    this.#ending = true;
    const disks = this.disks;
    if (disks?.executorId === this.#id) disks.running = false;
    this.#report(state, words, cause, "kept");
  }

  #report(state: TaskState, message: string, cause: string, data: string): void {
    const guest = this.#guest;
    if (guest !== undefined) {
      guest.runs = false;
      const step = state === "TASK_KILLED" ? "stopping" : guest.step;
      this.#host.update(guest.taskId, state, { message, ...this.#data(step, message, cause, data) });
    }
    this.#host.exit(0);
  }
}
