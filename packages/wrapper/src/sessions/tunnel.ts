// Tunnel: one byte stream to a TCP address or UNIX socket as seen from inside the container. Invariant: each direction ends by itself,
// and the connection is gone when the call is.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { MessageSender, type TunnelInput, type TunnelOutputInit, type TunnelTarget } from "@cke/protocol";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { parseAddress } from "../validation/network-address.ts";
import {
  checkAddress,
  checkPath,
  firstMessageProblem,
  Problems,
  unusableMessage,
} from "../validation/request-validation.ts";
import { goneSignal, serveMessages, written } from "./call-stream.ts";

export type TunnelCall = ServerDuplexStream<TunnelInput, TunnelOutputInit>;

const connectTimeoutMs = 10_000;

/** Resolves when the tunnel is over. Never rejects. */
export async function serveTunnel(call: TunnelCall): Promise<void> {
  const gone = goneSignal(call);
  await serveMessages<TunnelInput>(call, gone, async ({ input }, rest) => {
    if (input?.kind !== "open") throw new WrapperError("invalid_argument", firstMessageProblem("open"));
    const { words, socket, broken } = startConnect(input.value);
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

interface Connection {
  /** The target, for an operator. */
  readonly words: string;
  readonly socket: Socket;
  /** Rejects when the connection breaks, also while nothing waits for the socket. */
  readonly broken: Promise<never>;
}

/** Throws WrapperError invalid_argument. */
function startConnect({ target }: TunnelTarget): Connection {
  const problems = new Problems();
  if (target === undefined) problems.add("open.target", "is missing");
  else if (target.kind === "tcpAddress") checkAddress(target.value, "open.tcp_address", problems);
  else checkPath(target.value, "open.unix_socket", problems);
  problems.throwIfAny();
  const words = target?.value ?? "";
  const address = target?.kind === "tcpAddress" ? parseAddress(words) : { path: words };
  if (address === undefined) throw new WrapperError("invalid_argument", `open.tcp_address: ${words} is no address`);
  const socket = connect({ ...address, allowHalfOpen: true });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  socket.on("error", broken.reject);
  return { words, socket, broken: broken.promise };
}

async function connected(socket: Socket, words: string, gone: AbortSignal): Promise<void> {
  const late = () => {
    socket.destroy(new WrapperError("unavailable", `${words} does not answer within ${connectTimeoutMs / 1_000} s`));
  };
  const timer = setTimeout(late, connectTimeoutMs);
  try {
    await once(socket, "connect", { signal: gone });
  } finally {
    clearTimeout(timer);
  }
  socket.setNoDelay(true);
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
