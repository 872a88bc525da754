import { request as httpRequest, type IncomingMessage } from "node:http";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { createSecretsRequest, ExecutorMessage, openSecrets } from "@cke/protocol";
import { afterEach, expect } from "vitest";
import { ChannelPair, type PairOptions, unit } from "./channel-pair.ts";

/** Channels for a test file: each test's are stopped after it, and nothing of them is left. */
export function useChannels(): {
  readonly units: LocalUnits;
  readonly start: (options?: Partial<PairOptions>) => Promise<ChannelPair>;
} {
  const pairs: ChannelPair[] = [];
  const units = new LocalUnits();
  afterEach(async () => {
    for (const pair of pairs.splice(0)) await pair.stop();
    await expect.poll(() => units.running.size).toBe(0);
  });
  return {
    units,
    start: async (options = {}) => {
      const pair = await ChannelPair.start({ units, ...options });
      pairs.push(pair);
      return pair;
    },
  };
}

/** Dials like an executor would, or like somebody who is none. The answer's status; the socket is closed. */
export async function dialStatus(
  url: string,
  headers: Record<string, string>,
  executorId = unit.executorId,
): Promise<number> {
  const request = httpRequest(`${url}/channel/${executorId}`, {
    agent: false,
    headers: { connection: "Upgrade", upgrade: "cke-channel", ...headers },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", resolve);
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response);
    });
  });
  request.end();
  const answer = await answered;
  answer.resume();
  return answer.statusCode ?? 0;
}

/** A secret that no channel has. */
export const wrong = Buffer.alloc(32, 1).toString("base64url");
/** The orders to open a channel that the executor got. */
export const orders = (pair: ChannelPair) =>
  pair.messages.flatMap((message) => (message?.kind === "openChannel" ? [message.value] : []));

/** An executor of the test's own, which keeps its secret. */
export async function secretOf(pair: ChannelPair, opening: Promise<unknown>) {
  opening.catch(() => {});
  const pending = createSecretsRequest({ executorId: unit.executorId, names: ["secret"] });
  await expect.poll(() => orders(pair).length).toBeGreaterThan(0);
  const channelId = orders(pair)[0]?.channelId ?? "";
  const publicKey = pending.request.publicKey;
  const key = ExecutorMessage.create({ message: { kind: "channelKey", value: { channelId, publicKey } } });
  pair.channels.receive(unit.executorId, key.message);
  await expect.poll(() => orders(pair).some(({ secret }) => secret !== undefined)).toBe(true);
  const sealed = orders(pair).find(({ secret }) => secret !== undefined)?.secret;
  if (sealed === undefined) throw new Error("a sealed secret was expected");
  const request = { ...pending.request, requestId: channelId };
  const secret = openSecrets({ ...pending, request }, sealed).get("secret") ?? new Uint8Array();
  return { "x-cke-channel": channelId, "x-cke-channel-secret": Buffer.from(secret).toString("base64url") };
}
