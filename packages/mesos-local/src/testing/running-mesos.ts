// A whole embedded Mesos for a test: a master and one agent on free ports, with a directory of their own that is removed at
// the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalMesos, parseResources, startLocalMesos } from "../index.ts";

export interface RunningMesos {
  readonly mesos: LocalMesos;
  /** `host:port` of the agent. */
  readonly agent: string;
  /** Ends executors too. */
  stop(): Promise<void>;
}

/** Starts it; resolves when the agent is registered. */
export async function runningMesos(): Promise<RunningMesos> {
  const workDir = await mkdtemp(join(tmpdir(), "cke-mesos-"));
  const agents = [{ hostname: "a", resources: parseResources("cpus:4;mem:1024") }];
  const mesos = await startLocalMesos({ listen: "127.0.0.1:0", workDir, agents });
  await Promise.all(mesos.agents.map((agent) => agent.registered()));
  return {
    mesos,
    agent: `127.0.0.1:${mesos.agents[0]?.port}`,
    stop: async () => {
      await mesos.stop({ unregister: true });
      await rm(workDir, { recursive: true, force: true });
    },
  };
}
