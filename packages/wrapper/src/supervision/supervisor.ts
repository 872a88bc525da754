// All processes of the KubeNode by name. Operations on one name never overlap, except that a stop takes effect at once.
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "@cke/foundation/logger";
import type { ProcessSpec, ProcessState, Resources } from "@cke/protocol";
import { WrapperError } from "../errors/wrapper-error.ts";
import { within } from "../process/time-limit.ts";
import type { EventLog } from "./event-log.ts";
import { specHash } from "./process-spec-defaults.ts";
import { type ProcessDependencies, type StopOptions, SupervisedProcess } from "./supervised-process.ts";

const killPatienceMs = 3_000;

export interface SupervisorOptions extends Omit<ProcessDependencies, "onChange"> {
  readonly events: EventLog;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #logger: Logger;
  /** In the order in which they were started. */
  readonly #processes = new Map<string, SupervisedProcess>();
  readonly #lastStates = new Map<string, ProcessState>();
  readonly #turns = new Map<string, Promise<unknown>>();
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#logger = options.logger;
  }

  list(): readonly ProcessState[] {
    return [...this.#processes.values()].map((process) => process.state());
  }

  /**
   * Starts a process that is not there, or was stopped. The same specification again changes nothing, whatever has become of
   * the process (to run a finished or failed one again, stop it with forget first). Another specification is `already_exists`
   * unless `replace` is set; then the present run is stopped first.
   */
  start(spec: ProcessSpec, replace: boolean): Promise<ProcessState> {
    return this.#inTurn(spec.name, async () => {
      this.#refuseWhenStopping();
      const hash = specHash(spec);
      const present = this.#processes.get(spec.name);
      if (present !== undefined && present.hash === hash && present.state().phase !== "stopped") return present.state();
      if (present !== undefined && present.hash !== hash) {
        if (!replace) {
          throw new WrapperError(
            "already_exists",
            `process ${spec.name} is there with another specification (${present.hash.slice(0, 12)}, asked: ` +
              `${hash.slice(0, 12)}); set replace, or stop it with forget first`,
          );
        }
        await present.stop();
        this.#refuseWhenStopping();
      }
      const wanted = new SupervisedProcess(spec, {
        ...this.#options,
        onChange: (state) => this.#publish(wanted, state),
      });
      // Deleted first: the order of the map is the order of starts, and the stop of all goes backwards.
      this.#processes.delete(spec.name);
      this.#processes.set(spec.name, wanted);
      wanted.begin();
      return wanted.state();
    });
  }

  /** Resolves when the process is gone. Throws `not_found`. */
  async stop(name: string, options: Partial<StopOptions>, forget: boolean): Promise<ProcessState> {
    // At once, so that it also shortens a stop (or a replacement) that is under way.
    void this.#find(name).stop(options);
    return this.#inTurn(name, async () => {
      const process = this.#find(name);
      await process.stop(options);
      const state = process.state();
      if (forget) {
        this.#processes.delete(name);
        this.#lastStates.delete(name);
        this.#options.outputs.forget(name);
        this.#options.events.append(state, true);
      }
      return state;
    });
  }

  /** Throws `not_found`, or `failed_precondition` when a memory limit cannot be lowered that far. */
  setResources(name: string, resources: Resources): Promise<ProcessState> {
    return this.#inTurn(name, async () => {
      const process = this.#find(name);
      await process.setResources(resources);
      return process.state();
    });
  }

  /** Orderly stop of everything, the last started first, within `boundMs`; nothing can be started from then on. */
  async stopAll(boundMs: number): Promise<void> {
    this.#stopping = true;
    const deadline = this.#options.clock.monotonic() + boundMs;
    const processes = [...this.#processes.values()].reverse();
    for (const [index, process] of processes.entries()) {
      // Every process that comes later keeps a little of the time, to be asked before it is killed.
      const reserve = Math.min(500, boundMs / (processes.length + 1)) * (processes.length - index - 1);
      const left = Math.max(0, deadline - this.#options.clock.monotonic() - reserve);
      const stopped = process.stop(left < process.graceMs() ? { graceMs: Math.max(1, Math.floor(left)) } : {});
      // Even SIGKILL waits for a process that hangs in the kernel; the others must not.
      await within(left + killPatienceMs, stopped, this.#options.clock);
    }
    this.#logger.info(`stopped ${processes.length} processes`);
  }

  #find(name: string): SupervisedProcess {
    const process = this.#processes.get(name);
    if (process === undefined) throw new WrapperError("not_found", `name: there is no process ${name}`);
    return process;
  }

  #refuseWhenStopping(): void {
    if (this.#stopping) throw new WrapperError("unavailable", "the wrapper is stopping: nothing can be started");
  }

  /** Only what differs from the last published state becomes an event. */
  #publish(process: SupervisedProcess, state: ProcessState): void {
    if (this.#processes.get(state.name) !== process) return;
    if (isDeepStrictEqual(this.#lastStates.get(state.name), state)) return;
    this.#lastStates.set(state.name, state);
    this.#options.events.append(state, false);
  }

  #inTurn<T>(name: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(action);
    const settled = turn.then(
      () => {},
      () => {},
    );
    this.#turns.set(name, settled);
    void settled.then(() => {
      if (this.#turns.get(name) === settled) this.#turns.delete(name);
    });
    return turn;
  }
}
