// Sends the status updates of a node's task while the node comes up and runs.
import type { TaskUpdate } from "@cke/executor-core";
import type { Clock } from "@cke/foundation";
import type { LaunchStep } from "./launch-step.ts";
import { type NodeFacts, nodeUpdate } from "./node-report.ts";

export interface NodeReporterOptions {
  readonly clock: Clock;
  readonly facts: () => NodeFacts;
  readonly update: (update: TaskUpdate) => void;
}

/** Details of one step are reported at most this often. */
const progressMs = 1_000;
/** A step that takes less is not reported: each report goes through agent, master and store while the node is launched. */
const shortMs = 100;

export class NodeReporter {
  readonly #options: NodeReporterOptions;
  #cancel: () => void = () => {};
  #last: { readonly step: LaunchStep; readonly at: number; readonly silent: boolean } | undefined;

  constructor(options: NodeReporterOptions) {
    this.#options = options;
  }

  /** True when it is another step than before. */
  progress(step: LaunchStep, detail: string): boolean {
    const { clock, facts, update } = this.#options;
    const now = clock.monotonic();
    const last = this.#last;
    const sameStep = last?.step === step;
    const silent = facts().unresponsiveSinceMs > 0;
    // A change between "answers" and "does not answer" is reported at once.
    if (sameStep && silent === last.silent && now - last.at < progressMs) return false;
    this.#last = { step, at: now, silent };
    this.hush();
    const tell = () => update(nodeUpdate("TASK_STARTING", facts(), step, detail));
    if (sameStep || last === undefined) tell();
    else this.#cancel = clock.after(shortMs, tell, { background: true });
    return !sameStep;
  }

  /** A step that was to be reported is not: another report follows. */
  hush(): void {
    this.#cancel();
    this.#cancel = () => {};
  }

  ready(facts: NodeFacts, adopted: boolean): void {
    this.hush();
    const detail = adopted ? "adopted a running container" : "";
    this.#options.update(nodeUpdate("TASK_RUNNING", facts, "ready", detail, { healthy: true }));
  }

  /** Of a node that was ready. `words` is empty when its wrapper answers again. */
  responsive(words: string): void {
    const { facts, update } = this.#options;
    const message = words === "" ? {} : { message: words };
    update(nodeUpdate("TASK_RUNNING", facts(), "ready", words, { healthy: words === "", ...message }));
  }

  /** Reports changed facts of a ready node. Those of a node that does not answer go with its next report. */
  changed(): void {
    const { facts, update } = this.#options;
    const now = facts();
    if (now.unresponsiveSinceMs === 0) update(nodeUpdate("TASK_RUNNING", now, "ready", "", { healthy: true }));
  }
}
