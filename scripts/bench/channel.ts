// The channel to executors: `pnpm bench channel`. Times are of a quiet machine; the tunnel stands beside a plain TCP proxy that
// was measured in the same run, so that its bar holds on any machine.
import { measureFirstByte } from "./channel/first-byte.ts";
import { measureStreams } from "./channel/throughput.ts";
import { median, table } from "./measurement/table.ts";

const coldMs = 150;
const warmMs = 30;
const share = 0.4;
const stalledBytes = 1024 * 1024;

const mega = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB/s`;
const kibi = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
const ms = (value: number) => `${value.toFixed(1)} ms`;

/** Prints the table; lines that are over budget. */
export async function benchChannel(): Promise<string[]> {
  const streams = await measureStreams();
  const { cold, warm } = await measureFirstByte();
  const part = (bytesPerSecond: number) => bytesPerSecond / streams.proxyBytesPerSecond;
  const tunnel = part(streams.tunnelBytesPerSecond);
  const nodeTunnel = part(streams.nodeTunnelBytesPerSecond);
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    ["first byte of a shell, new channel (median)", ms(median(cold)), `${coldMs} ms`, median(cold) > coldMs],
    ["  the slowest", ms(Math.max(...cold)), "", false],
    ["first byte of a shell, channel is there (median)", ms(median(warm)), `${warmMs} ms`, median(warm) > warmMs],
    ["  the slowest", ms(Math.max(...warm)), "", false],
    [
      "first byte of a shell through a wrapper (median)",
      ms(median(streams.nodeShellMs)),
      `${warmMs} ms`,
      median(streams.nodeShellMs) > warmMs,
    ],
    ["  on a terminal (median)", ms(median(streams.nodeTerminalMs)), "", false],
    ["plain TCP proxy", mega(streams.proxyBytesPerSecond), "", false],
    ["tunnel of the channel alone", mega(streams.tunnelBytesPerSecond), "", false],
    ["  part of the proxy", tunnel.toFixed(2), `${share}`, tunnel < share],
    ["tunnel through a wrapper, as into a node", mega(streams.nodeTunnelBytesPerSecond), "", false],
    ["  part of the proxy", nodeTunnel.toFixed(2), `${share}`, nodeTunnel < share],
    ["file through a wrapper", mega(streams.nodeFileBytesPerSecond), "", false],
    ["  part of the proxy", part(streams.nodeFileBytesPerSecond).toFixed(2), "", false],
    ["200 streams at once, until all are answered", ms(streams.parallelMs), "", false],
    [
      "stalled stream, at the scheduler",
      kibi(streams.stalledHere),
      kibi(stalledBytes),
      streams.stalledHere > stalledBytes,
    ],
    [
      "stalled stream, at the executor",
      kibi(streams.stalledThere),
      kibi(stalledBytes),
      streams.stalledThere > stalledBytes,
    ],
  ];
  console.log(table([["figure", "measured", "bar"], ...rows.map(([name, value, bar]) => [name, value, bar])]));
  return rows.flatMap(([name, value, bar, over]) => (over ? [`${name.trim()}: ${value}, the bar is ${bar}`] : []));
}
