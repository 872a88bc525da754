// Sends the status updates of a VM's task while it comes up and runs.
import type { TaskUpdate } from "@cke/executor-core";
import type { Clock } from "@cke/foundation";
import type { LaunchStep } from "./launch-step.ts";
import { type VmFacts, vmUpdate } from "./vm-report.ts";

export interface VmReporterOptions {
  readonly clock: Clock;
  readonly facts: () => VmFacts;
  readonly update: (update: TaskUpdate) => void;
}

/** Details of one step are reported at most this often. */
const progressMs = 1_000;

export class VmReporter {
  readonly #options: VmReporterOptions;
  #step: { readonly step: LaunchStep; readonly at: number } | undefined;
  #running: { readonly healthy: boolean; readonly words: string } | undefined;
  #note = "";
  /** What was reported of the guest that runs, without the time. */
  #said = "";

  constructor(options: VmReporterOptions) {
    this.#options = options;
  }

  /** A step on the way to the first start. Those of a later start are the words of a task that runs. */
  progress(step: LaunchStep, detail: string): void {
    const { clock, facts, update } = this.#options;
    if (this.#running !== undefined) return;
    const at = clock.monotonic();
    if (this.#step?.step === step && at - this.#step.at < progressMs) return;
    this.#step = { step, at };
    update(vmUpdate("TASK_STARTING", facts(), { step, detail }));
  }

  /** A guest runs, and how it came to that: it stands in the reports for as long as there is nothing else to say. */
  began(words: string): void {
    this.#note = words;
    this.running(true, "");
  }

  /** The guest runs, or is to run again soon; `told` says what is wrong or notable, `cause` is the program's word for it. */
  running(healthy: boolean, told: string, cause = ""): void {
    const { facts, update } = this.#options;
    this.#running = { healthy, words: told };
    const words = healthy && told === "" ? this.#note : told;
    const now = facts();
    // What disks take of the host's storage grows all the time: a little more of it is no news.
    const disks = now.disks.map((disk) => ({ ...disk, allocatedMib: Math.round((disk.allocatedMib ?? 0) / 64) }));
    const said = JSON.stringify([healthy, words, cause, { ...now, disks }]);
    if (said === this.#said) return;
    this.#said = said;
    const message = words === "" ? {} : { message: words };
    update(vmUpdate("TASK_RUNNING", now, { step: "ready", detail: words, cause }, { healthy, ...message }));
  }

  /** The facts of the guest that runs have changed. */
  changed(): void {
    if (this.#running !== undefined) this.running(this.#running.healthy, this.#running.words);
  }
}
