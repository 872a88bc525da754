// Decides whether an agent was ever large enough for a request. Pure. It keeps the agents that no other agent exceeds
// in everything: a few, however many agents there are.

/** All resources of an agent, used or not, as far as they were seen. MiB. */
export interface AgentSize {
  readonly hostname: string;
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
}

type Amount = Omit<AgentSize, "hostname">;

/** No other agent is larger than one of these in everything. */
export type LargestAgents = readonly AgentSize[];

/** Most agents that are named to an operator. */
const namedLimit = 3;

/** In thousandths, because Mesos counts no finer, and sums differ by less. */
const notAbove = (left: number, right: number) => Math.round(left * 1000) <= Math.round(right * 1000);

const fits = (request: Amount, { cpus, mem, disk }: Amount) =>
  notAbove(request.cpus, cpus) && notAbove(request.mem, mem) && notAbove(request.disk, disk);

/** The same value when the agent changes nothing. */
export function withAgent(largest: LargestAgents, agent: AgentSize): LargestAgents {
  if (largest.some((known) => fits(agent, known))) return largest;
  return [...largest.filter((known) => !fits(known, agent)), agent];
}

const describe = ({ hostname, cpus, mem, disk }: AgentSize, withDisk: boolean) =>
  `${hostname} with cpus ${Math.round(cpus * 1000) / 1000}, mem ${Math.round(mem)} MiB${withDisk ? `, disk ${Math.round(disk)} MiB` : ""}`;

/** Why the request may wait for ever; "" when an agent was seen that is large enough, or none was seen at all. */
export function oversize(largest: LargestAgents, request: Amount): string {
  if (largest.length === 0 || largest.some((agent) => fits(request, agent))) return "";
  const named = [...largest]
    .sort((left, right) => right.cpus - left.cpus || right.mem - left.mem)
    .slice(0, namedLimit)
    .map((agent) => describe(agent, request.disk > 0));
  const verb = largest.length === 1 ? "the largest is" : "the largest are";
  const more = largest.length > namedLimit ? `; and ${largest.length - namedLimit} more` : "";
  return `no agent of that size has ever been seen: ${verb} ${named.join("; ")}${more}`;
}
