// Signs of life between client and daemon: the program `keep` of libvirt's RPC. A daemon that is stopped, or whose event loop
// hangs, leaves its socket open.
import type { Clock } from "@cke/foundation/clock";
import { LibvirtProtocolError } from "../wire/libvirt-error.ts";
import { encodePacket, type PacketHeader, packetStatus, packetTypes } from "../wire/packet.ts";

export const keepaliveProgram = 0x6b656570;
const procedures = { ping: 1, pong: 2 } as const;

export interface KeepaliveOptions {
  readonly intervalMs: number;
  readonly count: number;
}

export interface KeepaliveNeeds {
  readonly clock: Clock;
  readonly send: (packet: Buffer) => void;
  readonly dead: (silentMs: number) => void;
  /** The daemon reads nothing of this connection now, because as many calls are under way as it takes: it answers no sign of life. */
  readonly full: () => boolean;
}

/** So many times longer a daemon may be silent that reads nothing. */
const fullFactor = 24;

const packet = (procedure: number): Buffer =>
  encodePacket(
    { program: keepaliveProgram, version: 1, procedure, type: packetTypes.message, serial: 0, status: packetStatus.ok },
    () => {},
  );

export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #needs: KeepaliveNeeds;
  #unanswered = 0;
  /** Looks at a connection that was full, since the daemon was heard. */
  #waited = 0;
  #cancel: (() => void) | undefined;

  constructor(options: KeepaliveOptions, needs: KeepaliveNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  start(): void {
    this.#cancel = this.#needs.clock.after(this.#options.intervalMs, () => this.#tick(), { background: true });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Something came from the daemon, whatever it was. */
  heard(): void {
    this.#unanswered = 0;
    this.#waited = 0;
  }

  /** Answers a packet of the keepalive program. */
  receive(header: PacketHeader): void {
    if (header.procedure === procedures.ping) this.#needs.send(packet(procedures.pong));
    else if (header.procedure !== procedures.pong)
      throw new LibvirtProtocolError(`procedure ${header.procedure} of the keepalive program`);
  }

  #tick(): void {
    if (this.#needs.full()) {
      const { count, intervalMs } = this.#options;
      this.#waited += 1;
      if (this.#waited >= count * fullFactor) this.#needs.dead(this.#waited * intervalMs);
      else this.start();
      return;
    }
    if (this.#unanswered >= this.#options.count) {
      this.#needs.dead(this.#unanswered * this.#options.intervalMs);
      return;
    }
    this.#unanswered += 1;
    this.#needs.send(packet(procedures.ping));
    this.start();
  }
}
