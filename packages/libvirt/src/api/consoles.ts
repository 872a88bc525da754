// Streams of a domain: consoles, channels, pictures of the screen.
import type { Duplex, Readable } from "node:stream";
import type { CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export interface ConsoleOptions extends CallOptions {
  /** Alias of the device (`serial0`, `console1`); the first console when missing. */
  readonly device?: string;
  /** Ends another client's session on it. Without it the call fails with `operation-failed` when there is one. */
  readonly force?: boolean;
  /** Refuses where the driver cannot guarantee that it is the only client. */
  readonly safe?: boolean;
}

export interface Screenshot {
  /** `image/x-portable-pixmap`, or `image/png` where QEMU makes it. */
  readonly mime: string;
  readonly data: Readable;
}

/**
 * Each stream has a connection of its own to the daemon: a reader that does not read holds up nothing else, and the daemon waits
 * for it. Destroying it, or aborting the signal, ends it on the daemon. A stream does not survive its daemon: it ends with an error.
 */
export interface Consoles {
  /** virDomainOpenConsole, since 0.8.6. The device must be a pty, UNIX socket, … on the daemon's host; the domain must run. */
  open(domain: DomainRef, options?: ConsoleOptions): Promise<Duplex>;
  /** virDomainOpenChannel, since 1.0.2: a virtio or spice channel by its target's name. */
  openChannel(domain: DomainRef, name: string, options?: CallOptions & { readonly force?: boolean }): Promise<Duplex>;
  /** virDomainScreenshot, since 0.9.2. The domain needs a video device. */
  screenshot(domain: DomainRef, options?: CallOptions & { readonly screen?: number }): Promise<Screenshot>;
}
