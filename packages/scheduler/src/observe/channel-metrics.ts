// Metrics of the channels to executors. Only the leader has channels, so a sum over all schedulers is right.
import { Counter, Gauge, type Registry } from "prom-client";
import type { ChannelObserver } from "../channel/channel-observer.ts";

/** Adds them. They count over all terms of this process. */
export function addChannelMetrics(metrics: Registry): ChannelObserver {
  const registers = [metrics];
  const channels = new Gauge({ name: "cke_channels", help: "Open channels to executors.", registers });
  const streams = new Gauge({
    name: "cke_channel_streams",
    help: "Open streams of channels by kind: exec, tunnel, file, probe.",
    labelNames: ["kind"],
    registers,
  });
  for (const kind of ["exec", "tunnel", "file", "files", "probe"]) streams.set({ kind }, 0);
  const openings = new Counter({
    name: "cke_channel_openings_total",
    help: "Openings of channels by outcome: opened, or the code of the error.",
    labelNames: ["outcome"],
    registers,
  });
  openings.inc({ outcome: "opened" }, 0);
  const refused = new Counter({
    name: "cke_channel_dials_refused_total",
    help: "Connections for a channel that were refused: not expected, or with a wrong secret.",
    registers,
  });
  const bytes = new Counter({
    name: "cke_channel_bytes_total",
    help: "Bytes on the connections of channels by direction, as the scheduler sees it: received, sent.",
    labelNames: ["direction"],
    registers,
  });
  return {
    channelOpened: () => channels.inc(),
    channelClosed: () => channels.dec(),
    streamOpened: (kind) => streams.inc({ kind }),
    streamClosed: (kind) => streams.dec({ kind }),
    opening: (outcome) => openings.inc({ outcome }),
    dialRefused: () => refused.inc(),
    bytes: (received, sent) => {
      bytes.inc({ direction: "received" }, received);
      bytes.inc({ direction: "sent" }, sent);
    },
  };
}
