// Chooses the port of an agent. It must get the same port after every restart, because its executors know no other. So the
// first choice avoids the range from which the kernel gives ports to outgoing connections and to listen(0).
import { randomInt } from "node:crypto";
import { CkeError, type Clock, messageOf } from "@cke/foundation";

/** Below the kernel's ephemeral ports (32768 up) and Kubernetes' node ports (30000 up). */
const lowest = 15_000;
const highest = 29_999;
const choices = 50;
const retryMs = 100;
const retries = 50;

interface ListenRequest {
  readonly ip: string;
  /** 0 leaves the choice. */
  readonly port: number;
  /** The port of the last run. */
  readonly last: number | undefined;
  readonly clock: Clock;
  readonly listen: (ip: string, port: number) => Promise<number>;
}

/** Listens and resolves with the port. Throws CkeError `port_in_use`. */
export async function listenStably({ ip, port, last, clock, listen }: ListenRequest): Promise<number> {
  const wanted = port === 0 ? last : port;
  let problem: unknown;
  const attempts = wanted === undefined ? choices : wanted === last ? retries : 1;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      return await listen(ip, wanted ?? randomInt(lowest, highest + 1));
    } catch (error) {
      problem = error;
      // The last owner of the port may be about to end.
      if (wanted !== undefined) await clock.sleep(retryMs);
    }
  }
  const advice = "end its owner, or start the agent with another workDir";
  const text = `cannot listen on ${ip}:${wanted ?? "any port"} (${messageOf(problem)}): ${advice}`;
  throw new CkeError("port_in_use", text, { cause: problem });
}
