// Replays the recording ha-redirect: a leading master and one that follows it, the leader's death and the other's election,
// and a master that sees no leader.
import { Master } from "../master/master.ts";
import { answerDifferences } from "./answer-differences.ts";
import { FrameMatcher, heartbeat } from "./frame-match.ts";
import { Correspondence } from "./masking.ts";
import { type RawAnswer, sendRaw } from "./raw-request.ts";
import { loadRecordings, recordedText } from "./recording.ts";
import type { ExchangeResult } from "./replay.ts";
import { requestText } from "./replay-plan.ts";

/** Longest wait for the first events of a stream. */
const eventsMs = 3_000;

/** Plays every exchange in turn, at the master that was asked. */
export async function replayElection(directory: string): Promise<readonly ExchangeResult[]> {
  const { exchanges } = loadRecordings(directory, ["ha-redirect"]);
  const ids = new Correspondence();
  const addresses = new Map<string, string>();
  const follow = () => addresses.get("5060");
  const timings = { agentPingIntervalMs: 15_000 };
  const basics = { host: "127.0.0.1", port: 0, timings };
  const masters = new Map([
    ["5060", new Master(basics)],
    ["5061", new Master({ ...basics, follow })],
    ["5062", new Master({ ...basics, follow: () => undefined })],
  ]);
  const results: ExchangeResult[] = [];
  const streams: RawAnswer[] = [];
  try {
    for (const [port, master] of masters) {
      const address = await master.start();
      addresses.set(port, address);
      ids.learn(port, address.replace(/.*:/, ""));
    }
    for (const { file, exchange } of exchanges) {
      const { seq, label, peer, request, response } = exchange;
      // After the death of the leader the other one redirects to it until ZooKeeper ends its session.
      if (label === "SUBSCRIBE to 5061, attempt 1") await masters.get("5060")?.stop();
      if (peer.endsWith(":5061") && response?.status === 200 && response.frames !== undefined)
        masters.get("5061")?.lead();
      const frames = (response?.frames ?? [])
        .map((frame) => ({ text: recordedText(frame), atMs: frame.t_ms }))
        .filter(({ text }) => text !== heartbeat);
      const matcher = new FrameMatcher(ids, frames, true);
      const body = ids.translate(requestText(request));
      const headers = request.headers.map(
        ([name, value]) =>
          [name, /^content-length$/i.test(name) ? String(Buffer.byteLength(body)) : ids.translate(value)] as const,
      );
      const answer = await sendRaw({
        port: Number(addresses.get(peer.replace(/.*:/, ""))?.replace(/.*:/, "")),
        method: request.method,
        path: request.path,
        headers,
        body,
        onRecord: (text) => matcher.receive(text),
      });
      const differences = [...(await answerDifferences(exchange, answer, ids, ""))];
      if (response?.frames !== undefined) streams.push(answer);
      const until = performance.now() + eventsMs;
      while (matcher.missing().length > 0 && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 5));
      const events = [...matcher.missing().map((text) => `missing ${text}`), ...matcher.unexpected];
      results.push({ file, seq, label, differences: [...differences, ...events] });
    }
  } finally {
    for (const stream of streams) stream.abort();
    for (const master of masters.values()) await master.stop();
  }
  return results;
}
