// The layout of an agent's work directory. Sandboxes are where Apache Mesos has them; checkpoints have a layout of their own
// under meta. Ids become directory names, so ids that would leave their directory are refused.
import { join } from "node:path";
import { CkeError } from "@cke/foundation";

/** Throws CkeError `invalid_id` for an id that cannot be a directory name. */
export function checkedName(id: string): string {
  if (id === "" || id === "." || id === ".." || id.includes("/") || id.includes("\0") || Buffer.byteLength(id) > 255) {
    throw new CkeError("invalid_id", `'${id.slice(0, 100)}' cannot be used as an id`, { status: 400 });
  }
  return id;
}

export class AgentPaths {
  readonly workDir: string;

  constructor(workDir: string) {
    this.workDir = workDir;
  }

  agentFile(): string {
    return join(this.workDir, "meta", "agent.json");
  }

  executorKeyFile(): string {
    return join(this.workDir, "meta", "executor-key");
  }

  domainSocket(): string {
    return join(this.workDir, "agent.sock");
  }

  frameworksMeta(): string {
    return join(this.workDir, "meta", "frameworks");
  }

  frameworkMeta(framework: string): string {
    return join(this.frameworksMeta(), checkedName(framework));
  }

  executorMeta(framework: string, executor: string): string {
    return join(this.frameworkMeta(framework), "executors", checkedName(executor));
  }

  runMeta(framework: string, executor: string, container: string): string {
    return join(this.executorMeta(framework, executor), checkedName(container));
  }

  taskMeta(framework: string, executor: string, container: string, task: string): string {
    return join(this.runMeta(framework, executor, container), "tasks", checkedName(task));
  }

  slaves(): string {
    return join(this.workDir, "slaves");
  }

  /** Directory with one sub-directory per run and the symbolic link `latest`. */
  runs(agent: string, framework: string, executor: string): string {
    const names = [agent, "frameworks", framework, "executors", executor, "runs"];
    return join(this.slaves(), ...names.map(checkedName));
  }

  sandbox(agent: string, framework: string, executor: string, container: string): string {
    return join(this.runs(agent, framework, executor), checkedName(container));
  }
}
