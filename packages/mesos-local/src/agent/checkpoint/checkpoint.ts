// The agent's checkpoints on disk: what a new agent process needs to take over from one that was killed at any instruction.
// Everything is durable when a method returns; nothing is ever changed in place.
import { readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CkeError, type Logger, messageOf } from "@cke/foundation";
import type { FrameworkInfo } from "@cke/mesos";
import type * as z from "zod";
import { exactJson, parseExactJson } from "../../wire/json/exact-json.ts";
import type { AgentPaths } from "./agent-paths.ts";
import {
  type AgentRecord,
  agentRecordSchema,
  frameworkRecordSchema,
  type RunRecord,
  runRecordSchema,
  type TaskRecord,
  taskRecordSchema,
  type UpdateLine,
  updateLineSchema,
} from "./checkpoint-schema.ts";
import { appendDurably, isMissing, readIfPresent, readLines, syncDirectory, writeDurably } from "./durable-file.ts";

/** Names a run. */
export interface RunKey {
  readonly framework: string;
  readonly executor: string;
  readonly container: string;
}

export interface RecoveredTask {
  readonly record: TaskRecord;
  readonly updates: readonly UpdateLine[];
}

export interface RecoveredRun {
  readonly key: RunKey;
  readonly record: RunRecord;
  readonly tasks: readonly RecoveredTask[];
}

interface RecoveredFramework {
  readonly id: string;
  readonly info: FrameworkInfo;
  readonly runs: readonly RecoveredRun[];
}

export class Checkpoint {
  readonly #paths: AgentPaths;
  readonly #logger: Logger;

  constructor(paths: AgentPaths, logger: Logger) {
    this.#paths = paths;
    this.#logger = logger;
  }

  async saveAgent(record: AgentRecord): Promise<void> {
    await writeDurably(this.#paths.agentFile(), exactJson(record));
  }

  /** Throws CkeError `checkpoint_unreadable`: starting over with another identity would orphan executors. */
  async loadAgent(): Promise<AgentRecord | undefined> {
    const path = this.#paths.agentFile();
    try {
      const text = await readIfPresent(path);
      return text === undefined ? undefined : agentRecordSchema.parse(parseExactJson(text));
    } catch (cause) {
      const advice = "repair it, or stop this agent's executors and remove its meta directory";
      throw new CkeError("checkpoint_unreadable", `${path} is not readable; ${advice}`, { cause });
    }
  }

  /** The agent is gone for good: the next one on this directory is a new one, on the same port. */
  async forget(port: number): Promise<void> {
    await this.saveAgent({ port });
    await rm(this.#paths.frameworksMeta(), { recursive: true, force: true });
  }

  async saveFramework(id: string, info: FrameworkInfo): Promise<void> {
    await writeDurably(join(this.#paths.frameworkMeta(id), "framework.json"), exactJson({ framework_info: info }));
  }

  async removeFramework(id: string): Promise<void> {
    await this.#remove(this.#paths.frameworkMeta(id), "framework.json");
  }

  async saveRun(key: RunKey, record: RunRecord): Promise<void> {
    await writeDurably(join(this.#runDirectory(key), "run.json"), exactJson(record));
  }

  async removeRun(key: RunKey): Promise<void> {
    await this.#remove(this.#runDirectory(key), "run.json");
    // The executor's directory goes with its last run.
    await rmdir(this.#paths.executorMeta(key.framework, key.executor)).catch(() => {});
  }

  /** Where the exit code of a run's process is left. */
  statusFile(key: RunKey, task?: string): string {
    const directory = task === undefined ? this.#runDirectory(key) : this.#taskDirectory(key, task);
    return join(directory, "status");
  }

  async saveTask(key: RunKey, record: TaskRecord): Promise<void> {
    await writeDurably(join(this.#taskDirectory(key, record.task.task_id.value), "task.json"), exactJson(record));
  }

  async removeTask(key: RunKey, task: string): Promise<void> {
    await this.#remove(this.#taskDirectory(key, task), "task.json");
  }

  async appendUpdate(key: RunKey, task: string, line: UpdateLine): Promise<void> {
    await appendDurably(join(this.#taskDirectory(key, task), "updates.jsonl"), exactJson(line));
  }

  /** Everything but the agent's own record. What cannot be read is logged and left out; what has no record is removed. */
  async loadFrameworks(): Promise<RecoveredFramework[]> {
    const frameworks: RecoveredFramework[] = [];
    for (const id of await names(this.#paths.frameworksMeta())) {
      const record = await this.#read(this.#paths.frameworkMeta(id), "framework.json", frameworkRecordSchema);
      if (record === undefined) continue;
      const runs: RecoveredRun[] = [];
      for (const executor of await names(join(this.#paths.frameworkMeta(id), "executors"))) {
        for (const container of await names(this.#paths.executorMeta(id, executor))) {
          const run = await this.#loadRun({ framework: id, executor, container });
          if (run !== undefined) runs.push(run);
        }
      }
      frameworks.push({ id, info: record.framework_info, runs });
    }
    return frameworks;
  }

  async #loadRun(key: RunKey): Promise<RecoveredRun | undefined> {
    const record = await this.#read(this.#runDirectory(key), "run.json", runRecordSchema);
    if (record === undefined) return undefined;
    const tasks: RecoveredTask[] = [];
    for (const task of await names(join(this.#runDirectory(key), "tasks"))) {
      const directory = this.#taskDirectory(key, task);
      const taskRecord = await this.#read(directory, "task.json", taskRecordSchema);
      if (taskRecord === undefined) continue;
      const lines = await readLines(join(directory, "updates.jsonl"));
      const updates = lines.flatMap((line) => {
        const parsed = updateLineSchema.safeParse(parseJsonLine(line));
        return parsed.success ? [parsed.data] : [];
      });
      tasks.push({ record: taskRecord, updates });
    }
    return { key, record, tasks };
  }

  async #read<T>(directory: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const path = join(directory, name);
    try {
      const text = await readIfPresent(path);
      if (text !== undefined) return schema.parse(parseExactJson(text));
      // A crash came between the directory and its first record, or between the two steps of a removal.
      await rm(directory, { recursive: true, force: true });
    } catch (error) {
      this.#logger.error("a checkpoint is not readable and is left out", { path, problem: messageOf(error) });
    }
    return undefined;
  }

  #runDirectory(key: RunKey): string {
    return this.#paths.runMeta(key.framework, key.executor, key.container);
  }

  #taskDirectory(key: RunKey, task: string): string {
    return this.#paths.taskMeta(key.framework, key.executor, key.container, task);
  }

  /** Removes the record first: what a crash leaves of the rest is then never taken for a task that has not begun. */
  async #remove(directory: string, record: string): Promise<void> {
    await rm(join(directory, record), { force: true });
    await rm(directory, { recursive: true, force: true });
    await syncDirectory(dirname(directory)).catch((error) => {
      if (!isMissing(error)) throw error;
    });
  }
}

async function names(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory, { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => e.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function parseJsonLine(line: string): unknown {
  try {
    return parseExactJson(line);
  } catch {
    return undefined;
  }
}
