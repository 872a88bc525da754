// Sends acknowledgements, many at the same time but with a bound; their order does not matter. When one is lost, the
// agent sends the update again.

import type { TimeSlice } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import type { MesosCalls } from "./mesos-calls.ts";

const maxOnTheWay = 1_000;

export class Acknowledger {
  readonly #calls: MesosCalls;
  readonly #pace: TimeSlice;
  #onTheWay = 0;
  #answered = Promise.withResolvers<void>();

  constructor(calls: MesosCalls, pace: TimeSlice) {
    this.#calls = calls;
    this.#pace = pace;
  }

  /**
   * Call it only for updates that are stored. Updates without a uuid come from the Mesos master itself and must not be
   * acknowledged.
   */
  async acknowledge(statuses: readonly TaskStatus[]): Promise<void> {
    for (const { uuid, agent_id, task_id } of statuses) {
      if (uuid === undefined || agent_id === undefined) continue;
      while (this.#onTheWay >= maxOnTheWay) await this.#answered.promise;
      this.#onTheWay += 1;
      const arrived = () => this.#arrived();
      this.#calls.acknowledge(agent_id.value, task_id.value, uuid).then(arrived, arrived);
      await this.#pace.pause();
    }
  }

  #arrived(): void {
    this.#onTheWay -= 1;
    this.#answered.resolve();
    this.#answered = Promise.withResolvers<void>();
  }
}
