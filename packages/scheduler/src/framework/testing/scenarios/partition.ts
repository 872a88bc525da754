// A scenario whose agents go out of reach of the Mesos master and come back.
import type { FakeTask } from "../fake-ledger.ts";
import { settle } from "../manual-clock.ts";
import { Scenario } from "../scenario.ts";

export class Partition extends Scenario {
  #away: readonly FakeTask[] = [];

  /** The master loses the agent: its tasks are unreachable, its offers are gone. */
  async lose(hostname: string): Promise<void> {
    const agentId = `S-${hostname}`;
    this.#away = this.mesos.live().filter((task) => task.agentId === agentId);
    for (const task of this.#away) {
      const { task_id } = task.info;
      task.status = { task_id, state: "TASK_UNREACHABLE", agent_id: { value: agentId }, source: "SOURCE_MASTER" };
      this.mesos.send({
        type: "UPDATE",
        update: { status: { ...task.status, reason: "REASON_AGENT_REMOVED", timestamp: this.clock.now() / 1000 } },
      });
    }
    this.mesos.send({ type: "FAILURE", failure: { agent_id: { value: agentId } } });
    await settle();
  }

  /** The agent registers again; its tasks have run all the time. */
  async returns(): Promise<void> {
    for (const { info } of this.#away) {
      this.mesos.update(info.task_id.value, "TASK_RUNNING", {
        source: "SOURCE_AGENT",
        reason: "REASON_AGENT_REREGISTERED",
      });
    }
    await settle();
  }
}
