// Tunnel: one byte stream to a TCP address or UNIX socket as seen from inside the container, with half-close in both
// directions and back-pressure end to end.
import { connect } from "node:net";
import type { TunnelInput, TunnelOutputInit, TunnelTarget } from "@cke/protocol";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { endWithError } from "../errors/grpc-status.ts";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { parseAddress } from "../validation/network-address.ts";
import { checkAddress, checkPath, Problems } from "../validation/request-validation.ts";

export type TunnelCall = ServerDuplexStream<TunnelInput, TunnelOutputInit>;

const connectTimeoutMs = 10_000;

export function serveTunnel(call: TunnelCall): void {
  call.once("data", ({ input }: TunnelInput) => {
    call.pause();
    try {
      if (input?.kind !== "open") throw new WrapperError("invalid_argument", "open: must be the first message");
      openTunnel(call, input.value);
    } catch (error) {
      endWithError(call, error);
    }
  });
}

/** Throws WrapperError invalid_argument; everything later ends the call. */
function openTunnel(call: TunnelCall, { target }: TunnelTarget): void {
  const problems = new Problems();
  if (target === undefined) problems.add("open.target", "is missing");
  else if (target.kind === "tcpAddress") checkAddress(target.value, "open.tcp_address", problems);
  else checkPath(target.value, "open.unix_socket", problems);
  problems.throwIfAny();
  if (target === undefined) return;
  const address = target.kind === "tcpAddress" ? parseAddress(target.value) : { path: target.value };
  if (address === undefined) return;
  const socket = connect({ ...address, allowHalfOpen: true });
  socket.setTimeout(connectTimeoutMs, () => {
    endWithError(call, new WrapperError("unavailable", `${target.value} does not answer`));
    socket.destroy();
  });
  let failed = false;
  socket.once("connect", () => {
    socket.setTimeout(0);
    socket.setNoDelay(true);
    call.write({ output: { kind: "opened", value: true } });
    call.resume();
  });
  socket.on("data", (value: Buffer) => {
    if (!call.write({ output: { kind: "data", value } })) socket.pause();
  });
  call.on("drain", () => socket.resume());
  socket.on("end", () => call.write({ output: { kind: "end", value: true } }));
  socket.on("error", (error) => {
    failed = true;
    endWithError(call, new WrapperError("unavailable", `${target.value}: ${errnoWordsOf(error)}`));
  });
  // Both directions have ended.
  socket.on("close", () => {
    if (!failed) call.end();
  });
  call.on("data", ({ input }: TunnelInput) => {
    if (input?.kind === "data" && !socket.write(input.value)) call.pause();
    if (input?.kind === "end") socket.end();
  });
  socket.on("drain", () => call.resume());
  // A client that has closed its side of the call has no more to say.
  call.on("end", () => socket.end());
  call.on("cancelled", () => socket.destroy());
  call.on("error", () => socket.destroy());
}
