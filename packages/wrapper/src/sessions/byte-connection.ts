// One connection to the wrapper's socket for bytes (protocol/wrapper/tunnel-pieces.ts): its first message says what it is for.
import type { Socket } from "node:net";
import type { Clock } from "@cke/foundation/clock";
import { ByteRequest, failurePiece, frame, MessageReader, StreamError } from "@cke/protocol";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import type { OutputRegistry } from "../output/output-registry.ts";
import { firstMessageProblem } from "../validation/request-validation.ts";
import type { ByteClient } from "./byte-client.ts";
import { serveByteFile } from "./byte-file.ts";
import { serveByteTunnel } from "./byte-tunnel.ts";
import { firstMessage } from "./call-stream.ts";
import type { SessionLimits } from "./session-limits.ts";

export interface ByteServices {
  readonly limits: SessionLimits;
  readonly outputs: OutputRegistry;
  readonly clock: Clock;
}

/** Serves one connection until it is closed. Never rejects: what is wrong is told to the client. */
export async function serveByteConnection(socket: Socket, { limits, outputs, clock }: ByteServices): Promise<void> {
  const gone = new AbortController();
  socket.on("error", () => {}); // its close follows
  socket.once("close", () => gone.abort());
  const reader = new MessageReader(socket.iterator({ destroyOnReturn: false }));
  let accepted = false;
  const accept = () => {
    accepted = true;
    socket.write(frame(StreamError.encode({})));
  };
  const client: ByteClient = { socket, reader, gone: gone.signal, accept };
  try {
    // Read before the bound is looked at: who still writes when its connection is closed does not read why.
    const { request } = await requestOf(reader);
    if (request?.kind === "file")
      await limits.run("get-file", () => serveByteFile(client, request.value, outputs, clock));
    else await limits.run("tunnel", () => serveByteTunnel(client, { target: request }));
  } catch (error) {
    const { code, message } =
      error instanceof WrapperError ? error : new WrapperError("internal", errnoWordsOf(error), { cause: error });
    const last = accepted ? failurePiece(code, message) : frame(StreamError.encode({ code, message }));
    if (!socket.destroyed) socket.end(last, () => socket.destroy());
  }
}

/** Throws WrapperError. */
async function requestOf(reader: MessageReader): Promise<ByteRequest> {
  const message = await firstMessage<Uint8Array>({
    next: async () => {
      const value = await reader.next();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
  });
  try {
    return ByteRequest.decode(message);
  } catch (cause) {
    throw new WrapperError("invalid_argument", firstMessageProblem("open"), { cause });
  }
}
