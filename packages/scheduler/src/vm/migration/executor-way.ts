// What both executors of a move are asked, and the way between them, on which the scheduler passes bytes on.
import { pipeline } from "node:stream/promises";
import { CkeError } from "@cke/foundation";
import { VmCall } from "@cke/protocol";
import type { Channel } from "../../channel/channel.ts";

/** Name of the tunnel to an executor's disks. */
export const disksSocket = "disks";
/** The same for a guest that moves while it runs. */
export const migrationSocket = "migration";

export const migrateCall = (action: string, plan: string) =>
  VmCall.encode({ call: { kind: "migrate", value: { action, plan } } });

/** Passes bytes on between the tunnels of this name of both executors, until the question is answered. */
export async function between<T>(
  source: Channel,
  destination: Channel,
  socket: string,
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  try {
    const target = { target: { kind: "unixSocket", value: socket } } as const;
    const from = await source.tunnel(target, both);
    const to = await destination.tunnel(target, both);
    const way = Promise.all([pipeline(from, to), pipeline(to, from)]);
    const lost = way.then(
      // Both have said all: the answer is on its way.
      async () => await new Promise<never>(() => {}),
      (cause: unknown) => {
        throw new CkeError("copy_cut", "the way between both hosts was cut; it goes on where it was", {
          cause,
        });
      },
    );
    return await Promise.race([ask(both), lost]);
  } finally {
    ended.abort();
  }
}
