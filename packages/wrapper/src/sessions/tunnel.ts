// Tunnel: one byte stream to a TCP address or UNIX socket as seen from inside the container, as a gRPC call. Executors of earlier versions
// use it; later ones use the socket for bytes (byte-tunnel.ts). Invariant: each direction ends by itself, and the connection is gone when
// the call is.
import { once } from "node:events";
import type { Socket } from "node:net";
import { MessageSender, type TunnelInput, type TunnelOutputInit } from "@cke/protocol";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { firstMessageProblem, unusableMessage } from "../validation/request-validation.ts";
import { goneSignal, serveMessages, written } from "./call-stream.ts";
import { connected, connectTo } from "./tunnel-target.ts";

export type TunnelCall = ServerDuplexStream<TunnelInput, TunnelOutputInit>;

/** Resolves when the tunnel is over. Never rejects. */
export async function serveTunnel(call: TunnelCall): Promise<void> {
  const gone = goneSignal(call);
  await serveMessages<TunnelInput>(call, gone, async ({ input }, rest) => {
    if (input?.kind !== "open") throw new WrapperError("invalid_argument", firstMessageProblem("open"));
    const { words, socket, broken } = connectTo(input.value);
    const destroy = () => socket.destroy();
    gone.addEventListener("abort", destroy, { once: true });
    if (gone.aborted) destroy();
    try {
      await connected(socket, words, gone);
      const sender = new MessageSender<TunnelOutputInit>(call, gone);
      await sender.send({ output: { kind: "opened", value: true } });
      await Promise.race([broken, Promise.all([sendOutput(socket, sender), takeInput(rest, socket)])]);
      // Both directions have ended; what was written last may still be on its way.
      if (!socket.closed) await Promise.race([broken, once(socket, "close", { signal: gone })]);
      call.end();
    } catch (cause) {
      if (cause instanceof WrapperError) throw cause;
      throw new WrapperError("unavailable", `${words}: ${errnoWordsOf(cause)}`, { cause });
    } finally {
      gone.removeEventListener("abort", destroy);
      socket.destroy();
    }
  });
}

async function sendOutput(socket: Socket, sender: MessageSender<TunnelOutputInit>): Promise<void> {
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    if (!(await sender.sendData(chunk, (value) => ({ output: { kind: "data", value } })))) return;
  }
  await sender.send({ output: { kind: "end", value: true } });
}

async function takeInput(messages: AsyncIterator<TunnelInput>, socket: Socket): Promise<void> {
  for (;;) {
    const next = await messages.next();
    // A client that has closed its side of the call has no more to say.
    if (next.done || next.value.input?.kind === "end") break;
    const { input } = next.value;
    if (input?.kind !== "data") throw new WrapperError("invalid_argument", unusableMessage("data or end"));
    await written(socket, input.value);
  }
  socket.end();
}
