// What a container uses, read from /proc: the numbers of /containers, /monitor/statistics and GET_CONTAINERS.
import { readFile } from "node:fs/promises";
import { Resources } from "@cke/mesos";
import { double, type JsonValue, toJson } from "../../wire/index.ts";
import { listMembers } from "../containerizer/process-table.ts";
import type { AgentContext } from "../state/agent-context.ts";
import type { ExecutorRun } from "../state/agent-state.ts";
import { usedByRun } from "../state/resource-use.ts";

const ticksPerSecond = 100;
const bytesPerMegabyte = 1024 * 1024;
const pageBytes = 4096;

interface Usage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly residentBytes: number;
}

async function usageOf(pid: number): Promise<Usage> {
  const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (index: number) => Number(fields[index] ?? 0);
  return {
    userSeconds: field(11) / ticksPerSecond,
    systemSeconds: field(12) / ticksPerSecond,
    residentBytes: field(21) * pageBytes,
  };
}

interface ContainerView {
  readonly run: ExecutorRun;
  readonly statistics: { readonly [key: string]: JsonValue };
  readonly status: JsonValue;
}

/** Every container with a process. */
export async function containerViews({ state, clock }: AgentContext): Promise<ContainerView[]> {
  const views = state.runs().map(async (run) => {
    if (run.process === undefined || run.state === "terminated") return [];
    const { identity } = run.process;
    const usages = await Promise.all((await listMembers(identity)).map(usageOf));
    const total = (read: (usage: Usage) => number) => usages.reduce((sum, usage) => sum + read(usage), 0);
    const used = usedByRun(run);
    const memory = Math.round(Resources.scalarOf(used, "mem") * bytesPerMegabyte);
    const statistics = {
      timestamp: double(clock.now() / 1000),
      cpus_user_time_secs: double(total(({ userSeconds }) => userSeconds)),
      cpus_system_time_secs: double(total(({ systemSeconds }) => systemSeconds)),
      cpus_soft_limit: double(Resources.scalarOf(used, "cpus")),
      mem_limit_bytes: memory,
      mem_soft_limit_bytes: memory,
      mem_rss_bytes: total(({ residentBytes }) => residentBytes),
    };
    const status = { container_id: { value: run.key.container }, executor_pid: identity.pid };
    return [{ run, statistics, status: toJson(status, "ContainerStatus") }];
  });
  return (await Promise.all(views)).flat();
}
