// What both ends of a channel agree on. The executor dials the scheduler's API and asks for an upgrade; after the answer both
// turn round: the executor serves HTTP/2 on the socket, the scheduler asks. Both ends are described here so that neither drifts.
import { StreamError } from "../generated/stream.ts";

/** Value of the Upgrade header. */
export const channelUpgrade = "cke-channel";
/** Path of the dial: this and the executor's id. */
export const channelPath = "/channel/";
/** Headers of the dial: which opening it answers, and the secret of that opening (base64url). */
export const channelIdHeader = "x-cke-channel";
export const channelSecretHeader = "x-cke-channel-secret";
/** Name of the secret in the sealed bundle, and its length. */
export const channelSecretName = "secret";
export const channelSecretLength = 32;

/** Streams of one channel at a time. */
export const streamsPerChannel = 256;
/** What the executor takes at most: Node counts streams that are closing too, and refuses new ones in their place. */
const streamsAccepted = 4 * streamsPerChannel;

/**
 * What a reader that has stopped can make the other side keep for one stream: the window, what Node reads ahead (64 KiB) and one
 * message. Together below 1 MiB.
 */
export const streamWindow = 512 * 1024;
/** The window of the whole connection is given back at once, so that a stream that stands still holds up no other one. */
export const connectionWindow = 16 * 1024 * 1024;

/** HTTP/2 settings of both ends. Nobody pushes; a header block is a few names. */
export const channelSettings = {
  initialWindowSize: streamWindow,
  maxFrameSize: 64 * 1024,
  maxConcurrentStreams: streamsAccepted,
  enablePush: false,
  maxHeaderListSize: 16 * 1024,
} as const;

/** Megabytes that nghttp2 may keep for one connection; beyond it new streams are refused. */
export const sessionMemoryMegabytes = 64;

/** A channel on which no stream is open is closed after this time. */
export const idleMs = 60_000;

/** While streams are open each end asks the other one for a sign of life; one that gives none for so long is dead. */
export const pingMs = 1_000;
export const silenceMs = 3_500;

/** Path of every stream: what is asked is in its first message. */
export const streamPath = "/stream";
/**
 * Header of a refusal, and trailer of every stream that was begun: a StreamError (base64url), or empty when all is well. A stream
 * that ends without it was cut off.
 */
export const streamEndHeader = "cke-end";

const longestErrorText = 2_048;

/** Words beyond 2 KiB are cut. */
export function encodeStreamError(code: string, message: string): string {
  const words = message.length > longestErrorText ? `${message.slice(0, longestErrorText)}…` : message;
  return Buffer.from(StreamError.encode({ code, message: words })).toString("base64url");
}

/** Undefined when it cannot be read. */
export function decodeStreamError(header: string): StreamError | undefined {
  try {
    return StreamError.decode(new Uint8Array(Buffer.from(header, "base64url")));
  } catch {
    return undefined;
  }
}
