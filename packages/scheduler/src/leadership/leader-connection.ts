// A connection to Mesos that works for the length of one term. The question whether the term holds is asked at every
// call, in the same turn of the event loop, and again by the connection where the bytes go out.
import type { CallResult } from "@cke/mesos";
import type { MesosConnection } from "../framework/ports/dependencies.ts";
import type { Term } from "../store/election.ts";

/** `connection` was made with `mayCall: () => term.holds()`. It is dropped, with all that it has queued, when the term ends. */
export function leaderConnection(term: Pick<Term, "holds" | "lost">, connection: MesosConnection): MesosConnection {
  const drop = () => void connection.stop();
  const { ask } = connection;
  return {
    ...(ask === undefined ? {} : { ask: (type) => ask.call(connection, type) }),
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
