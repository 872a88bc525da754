// Everything that one exec session has started: its process groups, and with control groups its descendants in sessions of their own
// too. Invariant: a group is only signalled while a process of ours keeps its number from being given to others.
import type { Cgroup } from "../cgroups/cgroup.ts";
import { killGroup } from "./process-group.ts";

export class ProcessTree {
  readonly mainPid: number;
  readonly #cgroup: Cgroup | undefined;
  readonly #groups = new Set<number>();
  #mainAlive = true;

  /** `cgroup` is undefined where no control groups can be used: then only the groups are known. */
  constructor(cgroup: Cgroup | undefined, mainPid: number, exited: Promise<unknown>) {
    this.mainPid = mainPid;
    this.#cgroup = cgroup;
    this.#groups.add(mainPid);
    void exited.then(() => {
      this.#mainAlive = false;
    });
  }

  /** A process of the session that leads another group: the program on the terminal. */
  addGroup(pid: number): void {
    this.#groups.add(pid);
  }

  get mainAlive(): boolean {
    return this.#mainAlive;
  }

  /** True while any process of the session is left. */
  alive(): boolean {
    // For a moment after its start the main process has not joined the cgroup yet.
    if (this.#cgroup !== undefined) return this.#mainAlive || this.#cgroup.pids().length > 0;
    return [...this.#groups].some((pid) => killGroup(pid, 0));
  }

  /** Sends SIGHUP to every process, and SIGCONT so that a stopped one gets it. */
  hangUp(): void {
    for (const signal of ["SIGHUP", "SIGCONT"] as const) {
      if (this.#cgroup === undefined || this.#mainAlive) this.#signalGroups(signal);
      for (const pid of this.#cgroup?.pids() ?? []) signalProcess(pid, signal);
    }
  }

  kill(): void {
    if (this.#cgroup === undefined || this.#mainAlive) this.#signalGroups("SIGKILL");
    this.#cgroup?.kill();
  }

  #signalGroups(signal: NodeJS.Signals): void {
    for (const pid of this.#groups) killGroup(pid, signal);
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}
