// The protocol of a channel: paths, headers, limits and times. The executor dials the scheduler's API and asks for an
// upgrade. After the answer the roles turn round: the executor serves HTTP/2 on the socket, and the scheduler sends
// requests. Both ends use this file, so that they always agree.
import { StreamError } from "../generated/stream.ts";

/** Value of the Upgrade header. */
export const channelUpgrade = "cke-channel";
/** Path of the dial; the executor's id follows. */
export const channelPath = "/channel/";
/** Headers of the dial: the id of the opening that it answers, and the secret of that opening (base64url). */
export const channelIdHeader = "x-cke-channel";
export const channelSecretHeader = "x-cke-channel-secret";
/** Name of the secret in the sealed bundle, and its length in bytes. */
export const channelSecretName = "secret";
export const channelSecretLength = 32;

/** Most streams of one channel at a time. */
export const streamsPerChannel = 256;
/**
 * The executor's HTTP/2 limit. It is higher, because Node also counts streams that are closing and refuses new ones
 * meanwhile.
 */
const streamsAccepted = 4 * streamsPerChannel;

/**
 * Flow-control window of one stream. A reader that stops reading makes the other side keep this window, what Node reads
 * ahead (64 KiB) and one message: together less than 1 MiB.
 */
export const streamWindow = 512 * 1024;
/**
 * Flow-control window of the whole connection. It is given back at once, so that one stream that stands still does not
 * hold up the others.
 */
export const connectionWindow = 16 * 1024 * 1024;

/** HTTP/2 settings of both ends. Server push is off; a header block has only a few names. */
export const channelSettings = {
  initialWindowSize: streamWindow,
  maxFrameSize: 64 * 1024,
  maxConcurrentStreams: streamsAccepted,
  enablePush: false,
  maxHeaderListSize: 16 * 1024,
} as const;

/** Megabytes that nghttp2 may keep for one connection. Beyond it, new streams are refused. */
export const sessionMemoryMegabytes = 64;

/** A channel without an open stream is closed after this time. */
export const idleMs = 60_000;

/** While streams are open, each end pings the other one. An end that sends nothing for `silenceMs` counts as dead. */
export const pingMs = 1_000;
export const silenceMs = 3_500;

/** Path of every stream. The first message of the stream says what it is for. */
export const streamPath = "/stream";
/**
 * Header of a refusal, and trailer of every stream that was begun: a StreamError (base64url), or empty after success. A
 * stream without it was cut off.
 */
export const streamEndHeader = "cke-end";

const longestErrorText = 2_048;

/** Encodes a StreamError. A text of more than 2 KiB is cut. */
export function encodeStreamError(code: string, message: string): string {
  const words = message.length > longestErrorText ? `${message.slice(0, longestErrorText)}…` : message;
  return Buffer.from(StreamError.encode({ code, message: words })).toString("base64url");
}

/** The decoded StreamError; undefined when it cannot be read. */
export function decodeStreamError(header: string): StreamError | undefined {
  try {
    return StreamError.decode(new Uint8Array(Buffer.from(header, "base64url")));
  } catch {
    return undefined;
  }
}
