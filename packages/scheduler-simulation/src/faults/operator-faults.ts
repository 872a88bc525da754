// What operators do meanwhile: they drain agents, announce maintenance, pause and retry plans, stop and start clusters.
import type { AgentWindow } from "@cke/mesos-local/simulation";
import type { ProcessName } from "@cke/scheduler/kubernetes/views/process-service";
import { isResourceTask } from "@cke/scheduler/workload/records/resource-tasks";
import { nodeOf, tasksOf } from "../scheduler/stored-nodes.ts";
import type { Fault, FaultContext } from "./fault-context.ts";

/** What an operator may change of a process. */
const bodies: readonly unknown[] = [
  {},
  { options: ["--v=2"] },
  { envs: { GOGC: "50" } },
  ...[64, 128, 200, 300, 500, 900].map((memory) => ({ res: { cpu: 0.1 + memory / 1_000, memory } })),
];

export function operatorFaults(context: FaultContext): readonly Fault[] {
  const { world } = context;
  const { mesos, clock } = world;
  const windows = new Map<string, AgentWindow>();
  const schedule = () => mesos.scheduleMaintenance([...windows.values()]);
  const target = () => {
    const cluster = context.pick([...world.store.values.keys()].filter((key) => key.startsWith("workloads/")));
    if (cluster === undefined) return undefined;
    const name = cluster.slice("workloads/".length);
    const nodes = [...world.store.values.keys()].filter((key) => key.startsWith(`units/${name}/`));
    const node = world.random() < 0.5 ? undefined : context.pick(nodes)?.slice(`units/${name}/`.length);
    return { name, node };
  };
  const anyProcess = (): ProcessName | undefined => {
    const key = context.pick([...world.store.values.keys()].filter((one) => one.startsWith("units/c")));
    const [, cluster = "", node = ""] = key?.split("/") ?? [];
    const tasks = key === undefined ? [] : tasksOf(nodeOf(world.store.values.get(key)));
    const process = context.pick(tasks.filter((task) => task.process !== "" && !isResourceTask(task)))?.process;
    return process === undefined ? undefined : { cluster, node, process };
  };
  return [
    () => {
      const agent = context.agent();
      if (agent === undefined || !mesos.drainAgent(agent.hostname)) return;
      context.note("agent_drained", agent.hostname);
      context.later(context.between(10_000, 300_000), () =>
        context.persist(() => mesos.reactivateAgent(agent.hostname)),
      );
    },
    () => {
      const agent = context.agent();
      if (agent === undefined) return;
      const { hostname } = agent;
      const startMs = clock.now() + context.between(0, 2_700_000);
      windows.set(hostname, { hostname, startMs, durationMs: context.between(60_000, 1_800_000) });
      if (!schedule()) {
        windows.delete(hostname);
        return;
      }
      context.note("agent_maintenance", hostname);
      context.later(context.between(60_000, 900_000), () => {
        windows.delete(hostname);
        context.persist(schedule);
      });
    },
    () => {
      const meant = target();
      if (meant === undefined) return;
      const { name, node } = meant;
      world.request(`pause ${name}`, async ({ service }) => {
        await service.changePlan(name, "pause", { node }, "an operator");
        context.note("plan_paused", node === undefined ? name : `${name}/${node}`);
      });
    },
    () => {
      const meant = target();
      if (meant === undefined) return;
      const { name, node } = meant;
      world.request(`retry ${name}`, async ({ service }) => {
        await service.changePlan(name, "retry", { node }, "an operator");
        context.note("plan_retried", node === undefined ? name : `${name}/${node}`);
      });
    },
    () => {
      const meant = target();
      if (meant === undefined) return;
      const { name, node } = meant;
      world.request(`resume ${name}`, ({ service }) => service.changePlan(name, "resume", { node }, "an operator"));
    },
    () => {
      const process = anyProcess();
      if (process === undefined) return;
      const body = context.pick(bodies);
      world.request(`change ${process.process}`, async ({ processes }) => {
        await processes.change(process, body, "an operator");
        context.note("process_changed", `${process.node}/${process.process} ${JSON.stringify(body)}`);
      });
    },
    () => {
      const process = anyProcess();
      if (process === undefined) return;
      const expect = (word: string) =>
        world.request(`${word} ${process.process}`, ({ processes }) =>
          processes.change(process, { expect: word }, "an operator", true),
        );
      expect("STOP");
      context.note("process_stopped", `${process.node}/${process.process}`);
      context.later(context.between(10_000, 300_000), () => expect("RUN"));
    },
    () => {
      // A stop that meets an executor which dies: just before it, or while it ends its node. A host that is cut off is left out: when its
      // cluster is deleted meanwhile, CKE does not learn that the executor has left its container there (docs/operations.md).
      const run = context.pick(
        [...mesos.agents.values()].flatMap((agent) =>
          (agent.link.partitioned ? [] : agent.runs()).filter(
            ({ alive, executorId }) => alive && executorId.startsWith("cke.c"),
          ),
        ),
      );
      const [, name, node] = run?.executorId.split(".") ?? [];
      if (run === undefined || name === undefined || node === undefined) return;
      const alone = !node.startsWith("master") && world.random() < 0.5 ? node : undefined;
      const expect = (word: "STOP" | "RUN") =>
        world.request(`${word} ${name}`, ({ service }) => service.expect(name, alone, word, "an operator"));
      const afterMs = world.random() < 0.5 ? 0 : context.between(0, 10_000);
      const kill = () => {
        if (!run.alive) return;
        context.note("executor_killed_at_stop", run.executorId);
        run.exit(9);
      };
      if (afterMs === 0) kill();
      expect("STOP");
      if (afterMs > 0) world.clock.after(afterMs, kill);
      context.later(context.between(60_000, 600_000), () => expect("RUN"));
    },
    () => {
      const name = target()?.name;
      if (name === undefined) return;
      world.request(`stop ${name}`, async ({ service }) => {
        await service.expect(name, undefined, "STOP", "an operator");
        context.note("cluster_stopped", name);
      });
      // The request is refused while no scheduler leads. Then the cluster is started when all faults are over.
      context.later(context.between(10_000, 600_000), () =>
        world.request(`start ${name}`, ({ service }) => service.expect(name, undefined, "RUN", "an operator")),
      );
    },
  ];
}
