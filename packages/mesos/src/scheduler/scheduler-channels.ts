// A framework's HTTP connections to a master. SUBSCRIBE has one of its own. Calls share one, so that they arrive in order;
// acknowledgements, whose order does not matter, have a few more.
import type { Clock } from "@cke/foundation";
import { HttpChannel } from "../http/http-channel.ts";
import type { SchedulerCall } from "../v1/messages/scheduler-call.ts";
import type { SchedulerConnectionOptions } from "./scheduler-options.ts";

const acknowledgementSockets = 4;

export class SchedulerChannels {
  /** For event streams, and for what is neither in order nor a call. */
  readonly streams: HttpChannel;
  readonly #calls: HttpChannel;
  readonly #acknowledgements: HttpChannel;

  constructor(
    options: Pick<SchedulerConnectionOptions, "credentials" | "ca" | "certificate" | "mayCall">,
    clock: Clock,
  ) {
    const { credentials, ca, certificate, mayCall } = options;
    const header = (principal: string, secret: string) =>
      `Basic ${Buffer.from(`${principal}:${secret}`, "utf8").toString("base64")}`;
    const security = {
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { certificate }),
      authorization: () => credentials && header(credentials.principal, credentials.secret),
    };
    const channel = (maxSockets: number) => new HttpChannel(security, clock, maxSockets, mayCall);
    this.streams = channel(Number.POSITIVE_INFINITY);
    this.#calls = channel(1);
    this.#acknowledgements = channel(acknowledgementSockets);
  }

  for({ type }: SchedulerCall): HttpChannel {
    const acknowledges = type === "ACKNOWLEDGE" || type === "ACKNOWLEDGE_OPERATION_STATUS";
    return acknowledges ? this.#acknowledgements : this.#calls;
  }

  /** Ends what is under way for a subscription that is over; the next one can use them again. */
  closeCalls(): void {
    this.#calls.close();
    this.#acknowledgements.close();
  }

  close(): void {
    this.streams.close();
    this.closeCalls();
  }
}
