// Adds the events of a pull up to one figure. Docker sends an event for each layer and each change of its state. Pure.
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

/** The last event of each layer. */
export type PullNews = ReadonlyMap<string, string>;
export const noPullNews: PullNews = new Map();

/** The same object when the event is no progress: a repetition, or Docker's countdown to its own next attempt. */
export function addPullNews(news: PullNews, { id = "", status = "", progressDetail }: PullEvent): PullNews {
  if (status.startsWith("Retrying in")) return news;
  const said = `${status} ${progressDetail?.current ?? ""}`;
  return news.get(id) === said ? news : new Map(news).set(id, said);
}

const maxWords = 200;

/** "a1b2c3: Downloading 12/300 MB". */
export function describePullEvent({ id, status = "", progressDetail }: PullEvent): string {
  const { current, total } = progressDetail ?? {};
  const megabytes = (value: number) => (value / 1e6).toFixed(value < 1e7 ? 1 : 0);
  const size =
    current === undefined ? "" : ` ${megabytes(current)}${total === undefined ? "" : `/${megabytes(total)}`} MB`;
  const words = `${id === undefined ? "" : `${id}: `}${status}${size}`;
  return words.length > maxWords ? `${words.slice(0, maxWords)}…` : words;
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
