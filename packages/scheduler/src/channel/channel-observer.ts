// What the channels tell to whoever counts. It knows no metrics, and nothing of it decides anything.

export type StreamKind = "exec" | "tunnel" | "file" | "files" | "probe" | "call";

export interface ChannelObserver {
  channelOpened(): void;
  channelClosed(): void;
  streamOpened(kind: StreamKind): void;
  streamClosed(kind: StreamKind): void;
  /** An opening is over: `opened`, or the code of the error that ended it. */
  opening(outcome: string): void;
  dialRefused(): void;
  /** On the connections of channels, since the last call: while streams are open it comes every second. */
  bytes(received: number, sent: number): void;
}

export const noObserver: ChannelObserver = {
  channelOpened: () => {},
  channelClosed: () => {},
  streamOpened: () => {},
  streamClosed: () => {},
  opening: () => {},
  dialRefused: () => {},
  bytes: () => {},
};
