// What a tunnel leads to: checks the target and connects to it.
import { once } from "node:events";
import { connect, type OnReadOpts, type Socket } from "node:net";
import type { TunnelTarget } from "@cke/protocol";
import { WrapperError } from "../errors/wrapper-error.ts";
import { parseAddress } from "../validation/network-address.ts";
import { checkAddress, checkPath, Problems } from "../validation/request-validation.ts";

const connectTimeoutMs = 10_000;

export interface TargetConnection {
  /** The target, for an operator. */
  readonly words: string;
  readonly socket: Socket;
  /** Rejects when the connection breaks, also while nothing waits for the socket. */
  readonly broken: Promise<never>;
}

/** Begins to connect. `onread`: takes what comes, in place of the socket's stream. Throws WrapperError invalid_argument. */
export function connectTo({ target }: TunnelTarget, onread?: OnReadOpts): TargetConnection {
  const problems = new Problems();
  if (target === undefined) problems.add("open.target", "is missing");
  else if (target.kind === "tcpAddress") checkAddress(target.value, "open.tcp_address", problems);
  else checkPath(target.value, "open.unix_socket", problems);
  problems.throwIfAny();
  const words = target?.value ?? "";
  const address = target?.kind === "tcpAddress" ? parseAddress(words) : { path: words };
  if (address === undefined) throw new WrapperError("invalid_argument", `open.tcp_address: ${words} is no address`);
  const socket = connect({ ...address, allowHalfOpen: true, ...(onread === undefined ? {} : { onread }) });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  socket.on("error", broken.reject);
  return { words, socket, broken: broken.promise };
}

/** Resolves when it is connected. Throws system errors, and WrapperError when there is no answer in time. */
export async function connected(socket: Socket, words: string, gone: AbortSignal): Promise<void> {
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
