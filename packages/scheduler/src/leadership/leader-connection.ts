// A connection to Mesos that works for one term. Every call first asks whether the term holds, in the same turn of the
// event loop. The connection asks again when the bytes are sent.
import type { CallResult } from "@cke/mesos";
import type { MesosConnection } from "../framework/interfaces/dependencies.ts";
import type { Term } from "../store/election.ts";

/**
 * `connection` was made with `mayCall: () => term.holds()`. When the term ends, it is stopped and its queued calls are
 * dropped.
 */
export function leaderConnection(term: Pick<Term, "holds" | "lost">, connection: MesosConnection): MesosConnection {
  const drop = () => void connection.stop();
  const { ask, askAgent } = connection;
  return {
    ...(ask === undefined ? {} : { ask: (type) => ask.call(connection, type) }),
    ...(askAgent === undefined ? {} : { askAgent: (...asked) => askAgent.call(connection, ...asked) }),
    start: () => {
      if (!term.holds()) return;
      term.lost.addEventListener("abort", drop, { once: true });
      connection.start();
    },
    stop: async () => {
      term.lost.removeEventListener("abort", drop);
      await connection.stop();
    },
    call: async (call): Promise<CallResult> =>
      term.holds() ? await connection.call(call) : { kind: "not_subscribed" },
  };
}
