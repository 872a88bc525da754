// Unknown tasks that may be a unit's own are candidates for adoption: neither are they killed, nor is their unit launched again, until the
// Mesos master's operator API has told what they are. Then they are adopted or killed. After the start of a scheduler no unit of the store is launched until Mesos
// has named every task that it knows, so that no unit runs twice. Also one that has a launch in the store waits, unless this launch
// turns out to be the unit's last: it may have ended long ago, and a later one, which the backup does not have, may run.
import type { Clock, Logger } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import { type AgentSnapshot, adopt, isInDoubt, mayBeOwn } from "../../workload/adoption/adoption.ts";
import { parseTaskId } from "../../workload/records/task-ids.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import type { Ask } from "../interfaces/mesos-connection.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { takeAgentSnapshot } from "../mesos/agent-snapshot.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { UnknownTask } from "./unknown-tasks.ts";

/** A master whose agents are not all back gives no answer for the sentinel. What it has named is adopted after this time all the same. */
const adoptMs = 10_000;
/** The other tasks of an executor are reported within this time after the first one. */
const settleMs = 2_000;
const askAgainMs = 15_000;
/**
 * Launches wait no longer than this for the sentinel: an agent that is away counts as unreachable before it (--agent_reregister_timeout of
 * the Mesos master, 10 minutes by default). One that is marked gone meanwhile stays among the agents that Mesos waits for, so that no answer
 * would come before that master ends (markGone and reconcileTasks in Mesos 1.8 to 1.11, src/master/master.cpp).
 */
const launchMs = 660_000;
const agentsMissing =
  "; the Mesos master answers when all agents that it knew before its own restart are back, or count as unreachable (its --agent_reregister_timeout, 10 minutes by default); without an answer the unit is launched after 11 minutes";

/** Tasks of one executor. */
interface Candidate {
  readonly workload: string;
  readonly unit: string;
  readonly sinceMs: number;
  readonly tasks: Map<string, UnknownTask>;
}

export interface TaskAdoptionParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logs: WorkloadLogs;
  readonly ledger: Ledger;
  readonly look: (workload: string) => void;
  /** Names of the processes of a unit. */
  readonly processes: (workload: string, unit: string) => readonly string[] | undefined;
  readonly frameworkId: () => string;
  /** True while the Mesos master has not said what became of a task. */
  readonly unanswered: (taskId: string) => boolean;
  /** The Mesos master's operator API. Without it every unknown task is killed. */
  readonly ask?: Ask | undefined;
}

export class TaskAdoption {
  readonly #parts: TaskAdoptionParts;
  /** By executor id. */
  readonly #candidates = new Map<string, Candidate>();
  /** Units that were there when this scheduler began; undefined after Mesos has named all tasks that it knows. */
  #waiting: Set<string> | undefined = new Set();
  #waitingSinceMs: number | undefined;
  #asking = false;
  #snapshot: AgentSnapshot | undefined;
  #problem = "";
  #nextMs = 0;

  constructor(parts: TaskAdoptionParts) {
    this.#parts = parts;
  }

  /** Call it after the store was read. */
  loaded(): void {
    this.#waiting = new Set(this.#parts.ledger.allUnits().map(({ workload, unit }) => `${workload}/${unit}`));
  }

  subscribed(): void {
    this.#waitingSinceMs ??= this.#parts.clock.now();
  }

  /** The sentinel was answered: Mesos has named all tasks that it knows. */
  allTasksNamed(): void {
    const waiting = this.#waiting ?? new Set();
    this.#waiting = undefined;
    for (const name of waiting) this.#parts.look(name.split("/")[0] ?? "");
  }

  /** The unit's launch in the store is its last one: it need not wait. */
  isLast(workload: string, unit: string): void {
    this.#waiting?.delete(`${workload}/${unit}`);
  }

  /** Why the unit must not be launched yet; "" when it may be. */
  reason(workload: string, unit: string): string {
    const found = [...this.#candidates].find(([, of]) => of.workload === workload && of.unit === unit);
    if (found !== undefined) {
      const why = this.#problem === "" ? "what it is is being looked up" : `it cannot be looked up: ${this.#problem}`;
      return `executor ${found[0]} of this unit runs in Mesos and is in no record; ${why}`;
    }
    return this.#waiting?.has(`${workload}/${unit}`) === true
      ? `Mesos is asked first whether the unit runs already, as it may after the store was restored from a backup${this.#isLate() ? agentsMissing : ""}`
      : "";
  }

  /** True when the sentinel should have been answered long ago. */
  #isLate(): boolean {
    return this.#waitedMs() >= adoptMs;
  }

  #waitedMs(): number {
    const now = this.#parts.clock.now();
    return now - (this.#waitingSinceMs ?? now);
  }

  /** True when the unknown task is a candidate for adoption: it may be a unit's own. */
  takeCandidate(status: TaskStatus): boolean {
    const taskId = status.task_id.value;
    const parsed = parseTaskId(taskId);
    if (parsed === undefined || this.#parts.ask === undefined) return false;
    const { workload, unit, executorId } = parsed;
    const owner = this.#parts.ledger.workload(workload);
    const record = this.#parts.ledger.unit(workload, unit);
    const wanted = owner !== undefined && wishOf(owner, unit) === "run";
    if (record === undefined || !mayBeOwn(record, executorId) || !wanted) return false;
    const now = this.#parts.clock.now();
    const found = this.#candidates.get(executorId) ?? {
      workload,
      unit,
      sinceMs: now,
      tasks: new Map<string, UnknownTask>(),
    };
    found.tasks.set(taskId, { taskId, agentId: status.agent_id?.value ?? "", executorId });
    if (!this.#candidates.has(executorId)) {
      this.#candidates.set(executorId, found);
      this.#parts.look(workload);
      this.#snapshot = undefined;
      this.#nextMs = now + settleMs;
    }
    return true;
  }

  /** An unknown task that has ended or cannot be reached is a candidate no longer. */
  release(taskId: string): void {
    const executorId = parseTaskId(taskId)?.executorId ?? "";
    const found = this.#candidates.get(executorId);
    if (found === undefined) return;
    found.tasks.delete(taskId);
    if (found.tasks.size === 0) this.#drop(executorId, found);
  }

  /** Adopts what can be adopted. Returns the unknown tasks that must be killed. */
  async tick(): Promise<readonly UnknownTask[]> {
    const now = this.#parts.clock.now();
    if (this.#waiting !== undefined && this.#waitedMs() >= launchMs) {
      this.#parts.logger.warning(
        "the Mesos master has not named all of its tasks in 11 minutes; units are launched without that",
        {
          units: this.#waiting.size,
        },
      );
      this.allTasksNamed();
    }
    if (this.#candidates.size === 0 || (this.#waiting !== undefined && !this.#isLate())) return [];
    const snapshot = this.#snapshot;
    if (snapshot !== undefined) {
      this.#snapshot = undefined;
      return await this.#decide(snapshot);
    }
    if (this.#asking || now < this.#nextMs) return [];
    this.#ask(now);
    return [];
  }

  #ask(now: number): void {
    const { ask, frameworkId, logger } = this.#parts;
    if (ask === undefined) return;
    this.#asking = true;
    this.#nextMs = now + askAgainMs;
    takeAgentSnapshot(ask, frameworkId())
      .then((answer) => {
        this.#problem = "problem" in answer ? answer.problem : "";
        if (!("problem" in answer)) this.#snapshot = answer;
        else
          logger.warning("tasks that are in no record cannot be looked up; they are left alone", {
            problem: this.#problem,
          });
      })
      .finally(() => {
        this.#asking = false;
      });
  }

  /**
   * Takes the newest incarnation of each unit first. An older one beside it is refused, because the unit has a launch
   * then.
   */
  async #decide(snapshot: AgentSnapshot): Promise<readonly UnknownTask[]> {
    const { ledger, logs, clock, processes, unanswered } = this.#parts;
    const unknown: UnknownTask[] = [];
    for (const [executorId, found] of [...this.#candidates].sort(([left], [right]) => (left < right ? 1 : -1))) {
      const { workload, unit, tasks } = found;
      const record = ledger.unit(workload, unit);
      if (record !== undefined && isInDoubt(record, unanswered)) {
        this.#nextMs = clock.now() + settleMs;
        continue;
      }
      const kind = ledger.workload(workload)?.kind;
      const names = processes(workload, unit);
      const adoption =
        record === undefined || kind === undefined || names === undefined
          ? ({ kind: "refused", reason: "the unit is not known any more" } as const)
          : adopt(kind, record, names, executorId, snapshot, clock.now());
      if (adoption.kind === "adopted") {
        await ledger.commit({ units: [adoption.record] });
        logs.line("warning", workload, adoption.explanation, { unit });
      } else {
        logs.line("warning", workload, `executor ${executorId} is in no record and is killed: ${adoption.reason}`, {
          unit,
        });
        unknown.push(...tasks.values());
      }
      this.#drop(executorId, found);
    }
    return unknown;
  }

  #drop(executorId: string, { workload }: Candidate): void {
    this.#candidates.delete(executorId);
    this.#parts.look(workload);
  }
}
