// Opens a tunnel as bytes, on a connection of its own to the wrapper.
import type { Duplex } from "node:stream";
import { frame, TunnelTarget } from "@cke/protocol";
import type { ByteSockets } from "./byte-sockets.ts";
import { ByteTunnel } from "./byte-tunnel.ts";
import { cancelled } from "./call-failure.ts";
import { WrapperError } from "./wrapper-error.ts";

/** The wrapper itself waits 10 s for the target. */
const answerMs = 15_000;

/** Resolves when the target is connected. Throws WrapperError. */
export async function openByteTunnel(sockets: ByteSockets, target: TunnelTarget, signal: AbortSignal): Promise<Duplex> {
  if (signal.aborted) throw cancelled();
  const socket = sockets.connect((reason) => tunnel.destroy(reason));
  const tunnel = new ByteTunnel(socket);
  const abort = () => tunnel.destroy(cancelled());
  const late = () =>
    tunnel.destroy(new WrapperError("deadline", "the wrapper in the container did not open the tunnel in time"));
  signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(late, answerMs);
  tunnel.once("close", () => signal.removeEventListener("abort", abort));
  try {
    socket.write(frame(TunnelTarget.encode(target)));
    await tunnel.opened;
    return tunnel;
  } catch (error) {
    tunnel.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
