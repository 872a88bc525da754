// What the parts of the client need of the connection.
import type { Procedure } from "../wire/procedure.ts";
import type { RpcStream, StreamWay } from "./stream.ts";

export interface Caller {
  call<Args, Answer>(procedure: Procedure<Args, Answer>, args: Args, signal?: AbortSignal): Promise<Answer>;
  /** Over a connection of its own. */
  stream<Args, Answer>(
    procedure: Procedure<Args, Answer>,
    args: Args,
    way: StreamWay,
    signal?: AbortSignal,
  ): Promise<{ readonly stream: RpcStream; readonly answer: Answer }>;
}
