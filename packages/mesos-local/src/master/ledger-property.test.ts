// Random calls against a whole master: whatever comes in whatever order, every ledger adds up after every step and
// nothing is held that no task, executor or offer stands for.
import { expect, test } from "vitest";
import { parseResources } from "../resources/parse.ts";
import { executorExited } from "./agents/agent-messages.ts";
import { disconnectAgent, markUnreachable } from "./agents/agent-removal.ts";
import { disconnectFramework, removeFramework } from "./frameworks/framework-removal.ts";
import { accept, decline } from "./operations/accept.ts";
import { MasterFixture, type TestFramework, taskInfo } from "./testing/master-fixture.ts";

function seeded(seed: number): (below: number) => number {
  let state = seed * 7_919 + 1;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

class RandomRun {
  readonly #random: (below: number) => number;
  readonly #master = new MasterFixture();
  readonly #frameworks: TestFramework[] = [];
  #tasks = 0;
  launched = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
    for (let agent = 0; agent < 3; agent += 1) this.#master.register();
    for (const roles of [["dev"], ["dev", "ops"], ["ops"]]) this.#frameworks.push(this.#master.subscribe({ roles }));
  }

  step(): void {
    const steps = [
      () => this.#master.allocate(),
      () => this.#accept(),
      () => this.#accept(),
      () => this.#update(),
      () => this.#update(),
      () => this.#decline(),
      () => this.#exit(),
      () => this.#reserve(),
      () => this.#comeAndGo(),
      () => this.#master.clock.advance(this.#random(3_000)),
    ];
    steps[this.#random(steps.length)]?.();
    this.#master.check();
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random(list.length)];
  }

  /** A framework with an outstanding offer, as the framework saw it. */
  #offer() {
    const framework = this.#pick(this.#frameworks);
    const record = framework === undefined ? undefined : this.#master.state.frameworks.get(framework.id);
    const offer = this.#pick((framework?.offers() ?? []).filter(({ id }) => record?.offers.has(id.value)));
    return record === undefined || offer === undefined ? undefined : { record, offer };
  }

  #accept(): void {
    const found = this.#offer();
    if (found === undefined) return;
    const { record, offer } = found;
    const tasks = Array.from({ length: 1 + this.#random(3) }, () => {
      const from = 31_000 + this.#random(90);
      return taskInfo(offer, {
        task_id: { value: `t${this.#tasks++}` },
        resources: parseResources(
          `cpus:${0.1 + this.#random(40) / 10};mem:${32 + this.#random(6_000)};ports:[${from}-${from + 5}]`,
        ),
        executor: {
          type: "CUSTOM",
          executor_id: { value: `e${this.#random(4)}` },
          command: { value: "true" },
          resources: parseResources("cpus:0.1;mem:32"),
        },
      });
    });
    const before = record.tasks.size;
    accept(this.#master.state, record, {
      type: "ACCEPT",
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: "LAUNCH", launch: { task_infos: tasks } }],
        filters: { refuse_seconds: this.#random(3) },
      },
    });
    this.launched += record.tasks.size - before;
  }

  #decline(): void {
    const found = this.#offer();
    if (found === undefined) return;
    const { record, offer } = found;
    decline(this.#master.state, record, {
      type: "DECLINE",
      decline: { offer_ids: [offer.id], filters: { refuse_seconds: this.#random(6) } },
    });
  }

  #reserve(): void {
    const found = this.#offer();
    if (found === undefined) return;
    const { record, offer } = found;
    const role = offer.allocation_info?.role ?? "dev";
    const amount = { name: "mem", type: "SCALAR", scalar: { value: 1 + this.#random(3_000) } } as const;
    const resources = [{ ...amount, reservations: [{ type: "DYNAMIC", role }], allocation_info: { role } }];
    const type = this.#random(2) === 0 ? "RESERVE" : "UNRESERVE";
    const part = type === "RESERVE" ? { reserve: { resources } } : { unreserve: { resources } };
    accept(this.#master.state, record, {
      type: "ACCEPT",
      accept: { offer_ids: [offer.id], operations: [{ type, id: { value: `op${this.#tasks++}` }, ...part }] },
    });
  }

  #update(): void {
    const framework = this.#pick(this.#frameworks);
    const record = framework === undefined ? undefined : this.#master.state.frameworks.get(framework.id);
    const task = this.#pick([...(record?.tasks.values() ?? [])]);
    const agent = task === undefined ? undefined : this.#master.state.agents.get(task.agentId);
    if (framework === undefined || task === undefined || agent === undefined) return;
    const state =
      this.#pick(["TASK_RUNNING", "TASK_FINISHED", "TASK_FAILED", "TASK_KILLED"] as const) ?? "TASK_RUNNING";
    this.#master.update(agent, framework, task.info.task_id.value, state);
  }

  #exit(): void {
    const agent = this.#pick([...this.#master.state.agents.values()]);
    const [frameworkId, executors] = [...(agent?.executors ?? [])][0] ?? [];
    const executorId = [...(executors?.keys() ?? [])][0];
    if (agent === undefined || frameworkId === undefined || executorId === undefined) return;
    executorExited(this.#master.state, agent, {
      type: "EXECUTOR_EXITED",
      framework_id: { value: frameworkId },
      executor_id: { value: executorId },
    });
  }

  #comeAndGo(): void {
    const { state } = this.#master;
    const agent = this.#pick([...state.agents.values()]);
    const index = this.#random(this.#frameworks.length);
    const framework = this.#frameworks[index];
    const record = framework === undefined ? undefined : state.frameworks.get(framework.id);
    const what = this.#random(8);
    if (what === 0 && agent !== undefined) disconnectAgent(state, agent, agent.stream?.id ?? "");
    if (what === 1 && agent !== undefined) markUnreachable(state, agent);
    if (what === 2 && agent !== undefined) this.#master.register(undefined, { agent_id: { value: agent.id } });
    if (what === 3 && state.agents.size < 4) this.#master.register();
    if (what === 4 && record !== undefined) disconnectFramework(state, record, record.stream?.id ?? "");
    if (what === 5 && record !== undefined) removeFramework(state, record);
    if (what >= 5 || what === 4) {
      const again = record !== undefined && state.frameworks.has(record.id) ? { id: record.id } : {};
      this.#frameworks[index] = this.#master.subscribe({
        ...again,
        roles: ["dev", "ops"].slice(0, 1 + this.#random(2)),
      });
    }
  }
}

test.each(Array.from({ length: 12 }, (_, seed) => seed))("ledgers add up (seed %i)", (seed) => {
  const run = new RandomRun(seed);
  for (let step = 0; step < 250; step += 1) run.step();
  expect(run.launched).toBeGreaterThan(0);
});
