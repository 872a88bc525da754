// Operators who add nodes to running clusters, label them and remove them, whatever else happens.
import type { Fault, FaultContext } from "./fault-context.ts";
import { dieWithinReplacement } from "./replacement-faults.ts";

/** Most nodes that are added with one request. */
const mostAdded = 3;

export function nodeFaults(context: FaultContext): readonly Fault[] {
  const { world } = context;
  let added = 0;
  const stored = (prefix: string) =>
    [...world.store.values.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const clusters = () => stored("workloads/").filter((name) => !name.startsWith("s"));
  const add: Fault = () => {
    const name = context.pick(clusters());
    if (name === undefined) return;
    const nodes = Array.from({ length: 1 + Math.floor(world.random() * mostAdded) }, () => {
      added += 1;
      // Each cluster of a run has a network of its own.
      return { name: `extra${added}`, type: "node", node_ip: `10.99.${added >> 8}.${added & 255}` };
    });
    world.request(`add nodes to ${name}`, async (leader) => {
      await leader.nodes.add(name, nodes, "an operator");
      context.note("node_added", `${name}: ${nodes.map((node) => node.name).join(", ")}`);
    });
  };
  const remove: Fault = () => {
    const workers = stored("units/").filter((unit) => !unit.startsWith("s") && !unit.includes("/master"));
    const [name, node] = context.pick(workers)?.split("/") ?? [];
    if (name === undefined || node === undefined) return;
    const force = world.random() < 0.3;
    world.checker.removalAsked(name, node);
    world.request(`remove node ${name}/${node}`, async (leader) => {
      await leader.nodes.remove(name, [node], { force, drainSeconds: 600 }, "an operator");
      context.note("node_removed", `${name}/${node}${force ? " by force" : ""}`);
    });
  };
  const replace: Fault = () => {
    const workers = stored("units/").filter((unit) => unit.startsWith("c") && !unit.includes("/master"));
    const [name, node] = context.pick(workers)?.split("/") ?? [];
    if (name === undefined || node === undefined) return;
    world.checker.removalAsked(name, node);
    world.request(`replace node ${name}/${node}`, async (leader) => {
      await leader.nodes.replace(name, node, "an operator");
      context.note("node_replaced", `${name}/${node}`);
    });
    if (world.random() < 0.5) return dieWithinReplacement(context, `${name}/${node}`);
    // A stop that comes meanwhile ends the instance before too.
    const expect = (word: "STOP" | "RUN") =>
      world.request(`${word} ${name}/${node}`, ({ service }) => service.expect(name, node, word, "an operator"));
    world.clock.after(context.between(0, 120_000), () => expect("STOP"));
    context.later(context.between(180_000, 600_000), () => expect("RUN"));
  };
  const label: Fault = () => {
    const workers = stored("units/").filter((unit) => !unit.startsWith("s") && !unit.includes("/master"));
    const [name, node] = context.pick(workers)?.split("/") ?? [];
    if (name === undefined || node === undefined) return;
    const labels = { color: world.random() < 0.3 ? null : `c${Math.floor(world.random() * 100)}` };
    world.request(`label node ${name}/${node}`, async (leader) => {
      await leader.nodes.change(name, node, { labels }, "an operator");
      context.note("node_labelled", `${name}/${node}`);
    });
  };
  return [add, remove, remove, replace, label];
}
