// Docker's stream of pull events, one per layer and state change, added up to one figure. Pure.
import * as z from "zod";
import type { PullProgress } from "./engine.ts";

/** One line of the stream; `error` ends it. */
export const pullEventSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});
export type PullEvent = z.output<typeof pullEventSchema>;

interface Layer {
  readonly done: boolean;
  readonly bytes: number;
  readonly total: number;
}

export type Layers = ReadonlyMap<string, Layer>;

const doneStates = new Set(["Pull complete", "Already exists"]);
const layerStates = new Set([
  "Pulling fs layer",
  "Waiting",
  "Downloading",
  "Verifying Checksum",
  "Download complete",
  "Extracting",
]);

/** The layers after one more event. */
export function addPullEvent(layers: Layers, event: PullEvent): Layers {
  const { id, status } = event;
  if (id === undefined || status === undefined || !(doneStates.has(status) || layerStates.has(status))) return layers;
  const old = layers.get(id) ?? { done: false, bytes: 0, total: 0 };
  const total = status === "Downloading" ? (event.progressDetail?.total ?? old.total) : old.total;
  const bytes =
    status === "Downloading" ? (event.progressDetail?.current ?? old.bytes) : status === "Waiting" ? 0 : old.bytes;
  const complete = status === "Download complete" || status === "Extracting" || doneStates.has(status);
  return new Map(layers).set(id, { done: doneStates.has(status), total, bytes: complete ? total : bytes });
}

export function pullProgress(layers: Layers): PullProgress {
  const all = [...layers.values()];
  return {
    layers: all.length,
    layersDone: all.filter((layer) => layer.done).length,
    bytes: all.reduce((sum, layer) => sum + layer.total, 0),
    bytesDone: all.reduce((sum, layer) => sum + layer.bytes, 0),
  };
}

/** "pulling 120/300 MB, 3/7 layers". */
export function describePull({ layers, layersDone, bytes, bytesDone }: PullProgress): string {
  const megabytes = (value: number) => Math.round(value / 1e6);
  const size = bytes === 0 ? "" : ` ${megabytes(bytesDone)}/${megabytes(bytes)} MB,`;
  return layers === 0 ? "pulling" : `pulling${size} ${layersDone}/${layers} layers`;
}
