// Whether any agent was ever large enough for a need. Pure. Kept are the agents that no other one exceeds in everything: a
// few, however many there are.

/** All that an agent has, used or not, as far as was seen. MiB. */
export interface AgentSize {
  readonly hostname: string;
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
}

type Amount = Omit<AgentSize, "hostname">;

/** No other is larger than one of these in everything. */
export type LargestAgents = readonly AgentSize[];

/** Named to an operator. */
const namedLimit = 3;

/** Thousandths: Mesos counts no finer, and sums of them differ by less. */
const notAbove = (left: number, right: number) => Math.round(left * 1000) <= Math.round(right * 1000);

const fits = (need: Amount, { cpus, mem, disk }: Amount) =>
  notAbove(need.cpus, cpus) && notAbove(need.mem, mem) && notAbove(need.disk, disk);

/** The same value when the agent is no news. */
export function withAgent(largest: LargestAgents, agent: AgentSize): LargestAgents {
  if (largest.some((known) => fits(agent, known))) return largest;
  return [...largest.filter((known) => !fits(known, agent)), agent];
}

const describe = ({ hostname, cpus, mem, disk }: AgentSize, withDisk: boolean) =>
  `${hostname} with cpus ${Math.round(cpus * 1000) / 1000}, mem ${Math.round(mem)} MiB${withDisk ? `, disk ${Math.round(disk)} MiB` : ""}`;

/** Why the need can wait for ever, in words; "" when an agent was seen that is large enough, or none was seen at all. */
export function oversize(largest: LargestAgents, need: Amount): string {
  if (largest.length === 0 || largest.some((agent) => fits(need, agent))) return "";
  const named = [...largest]
    .sort((left, right) => right.cpus - left.cpus || right.mem - left.mem)
    .slice(0, namedLimit)
    .map((agent) => describe(agent, need.disk > 0));
  const verb = largest.length === 1 ? "the largest is" : "the largest are";
  const more = largest.length > namedLimit ? `; and ${largest.length - namedLimit} more` : "";
  return `no agent of that size has ever been seen: ${verb} ${named.join("; ")}${more}`;
}
