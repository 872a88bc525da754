// The fake master's ledger: agents, offers that are out, executors and tasks, and what is free.
import { isDeepStrictEqual } from "node:util";
import {
  type ExecutorInfo,
  isTerminalTaskState,
  type Offer,
  type Resource,
  Resources,
  type TaskInfo,
  type TaskStatus,
} from "@cke/mesos";

export interface FakeAgent {
  readonly id: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly ports: readonly [number, number];
  readonly attributes: Readonly<Record<string, string>>;
}

export interface FakeTask {
  readonly info: TaskInfo;
  readonly agentId: string;
  readonly executorId: string;
  readonly process: string;
  status: TaskStatus;
  /** Updates not acknowledged yet, oldest first. */
  unacknowledged: TaskStatus[];
}

const unallocated = ({ allocation_info: _, ...resource }: Resource): Resource => resource;

export class FakeLedger {
  readonly agents = new Map<string, FakeAgent>();
  readonly tasks = new Map<string, FakeTask>();
  readonly executors = new Map<string, { readonly info: ExecutorInfo; readonly agentId: string }>();
  readonly offered = new Map<string, { readonly agentId: string; readonly resources: Offer["resources"] }>();
  /** Maintenance windows that offers carry, by agent id. */
  readonly unavailable = new Map<string, NonNullable<Offer["unavailability"]>>();
  /** Of the framework. */
  roles: readonly string[] = ["cke"];
  /** What agents have, with its reservations. */
  readonly totals = new Map<string, readonly Resource[]>();
  protected sequence = 0;

  protected hostnameOf({ agentId }: FakeTask): string {
    return this.agents.get(agentId)?.hostname ?? agentId;
  }

  addAgent(hostname: string, more: Partial<FakeAgent> = {}): FakeAgent {
    const agent = {
      id: `S-${hostname}`,
      hostname,
      cpus: 16,
      mem: 65_536,
      disk: 100_000,
      ports: [31_000, 35_000] as const,
      attributes: {},
      ...more,
    };
    this.agents.set(agent.id, agent);
    const [begin, end] = agent.ports;
    this.totals.set(agent.id, [
      Resources.scalar("cpus", agent.cpus),
      Resources.scalar("mem", agent.mem),
      ...(agent.disk === 0 ? [] : [Resources.scalar("disk", agent.disk)]),
      Resources.ranges("ports", [{ begin, end }]),
    ]);
    return agent;
  }

  /** Everything that is reserved dynamically, anywhere. */
  reserved(): readonly Resource[] {
    return [...this.totals.values()].flat().filter(({ reservations = [] }) => reservations.at(-1)?.type === "DYNAMIC");
  }

  /** Free resources of an agent that a role may have. */
  free(agentId: string, role: string = this.roles[0] ?? "*"): readonly Resource[] {
    const live = [...this.tasks.values()].filter(
      (task) => task.agentId === agentId && !isTerminalTaskState(task.status.state),
    );
    const used = [
      ...live.flatMap(({ info }) => info.resources ?? []),
      ...[...this.executors.values()]
        .filter((executor) => executor.agentId === agentId)
        .flatMap(({ info }) => info.resources ?? []),
      ...[...this.offered.values()]
        .filter((offer) => offer.agentId === agentId)
        .flatMap(({ resources }) => resources ?? []),
    ];
    const free = Resources.subtract(this.totals.get(agentId) ?? [], used.map(unallocated));
    const mine = free.filter((piece) => {
      const reserved = Resources.reservationRoleOf(piece);
      return reserved === "*" || role === reserved || role.startsWith(`${reserved}/`);
    });
    return Resources.allocatedTo(role, mine);
  }

  /** GET_AGENTS, GET_EXECUTORS and GET_TASKS of the master. */
  protected operatorView(type: string): unknown {
    const framework_id = { value: "F-1" };
    const id = (value: string) => ({ value });
    const tasks = [...this.tasks.values()].map(({ info, executorId, status }) => {
      const task = { task_id: info.task_id, framework_id, executor_id: id(executorId), state: status.state };
      return { ...task, resources: info.resources, labels: info.labels, statuses: [status] };
    });
    switch (type) {
      case "GET_AGENTS":
        return {
          type,
          get_agents: {
            agents: [...this.agents.values()].map((agent) => ({
              agent_info: { hostname: agent.hostname, id: id(agent.id) },
              total_resources: this.totals.get(agent.id) ?? [],
            })),
          },
        };
      case "GET_EXECUTORS":
        return {
          type,
          get_executors: {
            executors: [...this.executors.values()].map(({ info, agentId }) => ({
              executor_info: { ...info, framework_id },
              agent_id: id(agentId),
            })),
          },
        };
      default:
        return {
          type,
          get_tasks: {
            tasks: tasks.filter(({ state }) => !isTerminalTaskState(state)),
            completed_tasks: tasks.filter(({ state }) => isTerminalTaskState(state)),
          },
        };
    }
  }

  /** Turns free resources of an agent into others: a reservation made or undone. */
  convert(agentId: string, from: readonly Resource[], to: readonly Resource[]): void {
    const total = Resources.subtract(this.totals.get(agentId) ?? [], from.map(unallocated));
    this.totals.set(agentId, Resources.sum(total, to.map(unallocated)));
  }

  /** Everything that is free on these agents (default: all), to one role (default: the first). */
  protected makeOffers(hostnames: readonly string[], role: string = this.roles[0] ?? "*"): readonly Offer[] {
    const agents = [...this.agents.values()].filter(
      ({ hostname }) => hostnames.length === 0 || hostnames.includes(hostname),
    );
    return agents.flatMap((agent): Offer[] => {
      const resources = this.free(agent.id, role);
      if (resources.length === 0) return [];
      const id = `O-${++this.sequence}`;
      this.offered.set(id, { agentId: agent.id, resources });
      const unavailability = this.unavailable.get(agent.id);
      return [
        {
          id: { value: id },
          framework_id: { value: "F-1" },
          agent_id: { value: agent.id },
          hostname: agent.hostname,
          allocation_info: { role },
          resources,
          ...(unavailability === undefined ? {} : { unavailability }),
          attributes: Object.entries(agent.attributes).map(([name, value]) => ({
            name,
            type: "TEXT" as const,
            text: { value },
          })),
          executor_ids: [...this.executors]
            .filter(([, executor]) => executor.agentId === agent.id)
            .map(([value]) => ({ value })),
        },
      ];
    });
  }

  /** Notes a task of an ACCEPT, or says why Mesos calls it invalid. */
  place(
    info: TaskInfo,
    available: readonly Resource[],
  ): { readonly left: readonly Resource[] } | { readonly refusal: string } {
    const { executor } = info;
    if (executor === undefined) return { refusal: "the task has no executor" };
    const executorId = executor.executor_id.value;
    const known = this.executors.get(executorId);
    if (known !== undefined && !isDeepStrictEqual(known.info, executor)) {
      return { refusal: "ExecutorInfo is not compatible with existing" };
    }
    const wanted = [...(info.resources ?? []), ...(known === undefined ? (executor.resources ?? []) : [])];
    if ((info.resources ?? []).length === 0 || !Resources.contains(available, wanted)) {
      return { refusal: "Task uses more resources than available" };
    }
    const agentId = info.agent_id.value;
    this.executors.set(executorId, { info: executor, agentId });
    const process = (info.labels?.labels ?? []).find(({ key }) => key === "cke.process")?.value ?? "";
    const status: TaskStatus = { task_id: info.task_id, state: "TASK_STAGING" };
    this.tasks.set(info.task_id.value, { info, agentId, executorId, process, status, unacknowledged: [] });
    return { left: Resources.subtract(available, wanted) };
  }
}
