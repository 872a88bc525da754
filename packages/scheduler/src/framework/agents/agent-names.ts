// The names and addresses of agents, as far as this scheduler knows: of those that have offered something, and of those that the Mesos
// master lists. A unit whose `host` is neither may wait for ever, and an operator has to know it.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Offer } from "@cke/mesos";
import type { Ask } from "../interfaces/mesos-connection.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { agentListSchema } from "./agent-list.ts";

/** The answer is large for thousands of agents. An agent that comes later is known by its first offer. */
const askEveryMs = 600_000;
/** Names and addresses that are remembered; then it begins anew. */
const rememberedNames = 50_000;
/** Hosts that are named to an operator. */
const namedLimit = 5;

export interface AgentNamesParts {
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
  /** Absent: only offers tell names. */
  readonly ask?: Ask | undefined;
}

type Named = Pick<PlacementRequest, "host" | "home" | "homeOnly" | "executor">;

export class AgentNames {
  readonly #parts: AgentNamesParts;
  /** Names and addresses in lower case. */
  readonly #offered = new Set<string>();
  /** Hostnames by names and addresses in lower case; undefined: the master has not told. */
  #listed: ReadonlyMap<string, string> | undefined;
  /** Names of agents that the master waits for, in lower case. */
  #away: ReadonlySet<string> = new Set();
  /** Hostnames of agents that have offered. */
  readonly #hostnames = new Set<string>();
  /** Words about the hosts that there are; undefined when they may have changed. */
  #others: string | undefined;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AgentNamesParts) {
    this.#parts = parts;
  }

  /** There may be thousands of offers every second. */
  offered(offers: readonly Offer[]): void {
    for (const { hostname, url } of offers) {
      if (this.#offered.size >= rememberedNames) this.#offered.clear();
      if (this.#hostnames.size >= rememberedNames) this.#hostnames.clear();
      if (!this.#hostnames.has(hostname)) this.#others = undefined;
      this.#hostnames.add(hostname);
      for (const name of [hostname, url?.address.hostname ?? "", url?.address.ip ?? ""])
        if (name !== "") this.#offered.add(name.toLowerCase());
    }
  }

  /** Asks the Mesos master for its agents when a request names a host that has not offered; at most every ten minutes. */
  async look(requests: readonly Named[]): Promise<void> {
    if (this.#parts.clock.now() - this.#askedAtMs < askEveryMs || requests.every((one) => this.#isKnown(one))) return;
    await this.refresh();
  }

  /** Asks the Mesos master for its agents now. */
  async refresh(): Promise<void> {
    const { ask, clock, logger } = this.#parts;
    if (ask === undefined) return;
    this.#askedAtMs = clock.now();
    const answer = await ask("GET_AGENTS");
    if (answer.kind === "failed") {
      logger.info("the Mesos master does not tell which agents it has; offers do", { problem: answer.reason });
      return;
    }
    try {
      const { agents, recovered_agents } = agentListSchema.parse(answer.body).get_agents;
      this.#others = undefined;
      this.#toldAtMs = clock.now();
      this.#away = new Set(recovered_agents.map(({ hostname }) => hostname.toLowerCase()));
      this.#listed = new Map(
        agents.flatMap(({ agent_info: { hostname }, pid }) =>
          [hostname, addressOf(pid)].map((name): [string, string] => [name.toLowerCase(), hostname]),
        ),
      );
    } catch (error) {
      logger.warning("the Mesos master's list of agents cannot be read", { problem: messageOf(error) });
    }
  }

  /** False only when the master has told of late that it has no agent beside those of this name, and waits for none. */
  hasOther(hostname: string): boolean {
    if (this.#listed === undefined || this.#parts.clock.now() - this.#toldAtMs > askEveryMs) return true;
    const own = hostname.toLowerCase();
    return [...this.#listed.values(), ...this.#away].some((name) => name.toLowerCase() !== own);
  }

  /** The text that the host of a request may not be there; "" when it has offered, or when any host is good. */
  problem(request: Named): string {
    if (this.#isKnown(request)) return "";
    const { host } = request;
    if (this.#listed?.has(host.toLowerCase()) === true)
      return `the Mesos master has an agent ${host}, which has offered nothing to this scheduler yet: all of it may be in use, or be for other roles`;
    if (this.#away.has(host.toLowerCase()))
      return `the Mesos master waits for its agent ${host}, which has not registered again since the master's failover`;
    const [names, who] =
      this.#listed === undefined
        ? [this.#hostnames, "no agent of that name or address has offered anything to this scheduler yet"]
        : [new Set(this.#listed.values()), "the Mesos master has no agent of that name or address"];
    this.#others ??= otherHosts(names);
    return `host ${host} is not known: ${who}${this.#others}. Start it, or name another host`;
  }

  #isKnown({ host, home, homeOnly, executor }: Named): boolean {
    const tied = host !== "*" && executor === undefined && !(homeOnly && home !== "");
    return !tied || this.#offered.has(host.toLowerCase());
  }
}

/** "; there are a, b and 3 more" */
function otherHosts(names: ReadonlySet<string>): string {
  if (names.size === 0) return "";
  const named = [...names].toSorted().slice(0, namedLimit);
  const more = names.size > named.length ? ` and ${names.size - named.length} more` : "";
  return `; there ${names.size === 1 ? "is" : "are"} ${named.join(", ")}${more}`;
}

/** Of "slave(1)@10.0.0.1:5051"; "" of anything else. */
const addressOf = (pid: string) => /@(.+):\d+$/.exec(pid)?.[1] ?? "";
