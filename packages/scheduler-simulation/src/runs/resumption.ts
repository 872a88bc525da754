// What an operator starts again when the faults of a seeded run are over.
import type { SchedulerInstance } from "../scheduler/scheduler-instance.ts";
import type { World } from "../world/world.ts";

/** Starts and resumes everything that an operator has stopped or paused. False when no scheduler could be asked. */
export async function resume(world: World): Promise<boolean> {
  const { leader } = world;
  if (leader?.service.connected() !== true) return false;
  // All of them are asked at once, because a cluster that is being deleted may be gone meanwhile.
  const targets = leader.service.list().flatMap(({ name }) => {
    const nodes = leader.service.state(name).nodes.map((node) => node.name);
    return [undefined, ...nodes].map((node) => ({ name, node }));
  });
  for (const { name } of leader.service.list())
    await world.ask(`start ${name}`, ({ service }) => service.expect(name, undefined, "RUN", "an operator"));
  for (const { name, node } of targets)
    if (node !== undefined && leader.service.state(name).nodes.find((one) => one.name === node)?.expect === "STOP")
      await world.ask(`start ${name}/${node}`, ({ service }) => service.expect(name, node, "RUN", "an operator"));
  for (const { name, node, process } of leader.service.list().flatMap(({ name }) => stoppedProcesses(leader, name)))
    await world.ask(`run ${process}`, ({ processes }) =>
      processes.change({ cluster: name, node, process }, { expect: "RUN" }, "an operator"),
    );
  for (const { name, node } of targets)
    await world.ask(`resume ${name}`, ({ service }) => service.changePlan(name, "resume", { node }, "an operator"));
  return leader === world.leader;
}

/** Its request to run may have come while no scheduler led. */
function stoppedProcesses({ service }: SchedulerInstance, name: string) {
  return service
    .state(name)
    .nodes.flatMap((node) =>
      node.processes
        .filter((one) => one.expect === "STOP")
        .map((one) => ({ name, node: node.name, process: one.name })),
    );
}
