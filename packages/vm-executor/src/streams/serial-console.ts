// The serial console of a guest. QEMU takes one client at a time, so this is that client: it copies what the guest writes to everybody
// who looks, and what anybody types to the guest. It is connected while somebody looks.
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { CkeError } from "@cke/foundation";

/** A viewer that does not read is left behind; what it misses stands in the console's log. */
const mostPending = 256 * 1024;
const mostViewers = 16;
/** What is typed to a guest that reads nothing waits, and after this much of it typing fails. */
const mostTyped = 1024 * 1024;

export class SerialConsole {
  readonly #viewers = new Set<Viewer>();
  #socket: Socket | undefined;
  #path = "";
  #connecting: Promise<void> | undefined;

  /** A view of the console at this path, which is another one after a new start of the guest. Throws CkeError. */
  async open(path: string, signal: AbortSignal): Promise<Duplex> {
    if (this.#viewers.size >= mostViewers)
      throw new CkeError(
        "resource_exhausted",
        `${mostViewers} views of the serial console are open: end some of them first`,
      );
    signal.throwIfAborted();
    // QEMU takes one client: who comes meanwhile waits for the same connection.
    while (this.#socket === undefined || this.#socket.destroyed || this.#path !== path) {
      this.#connecting ??= this.#connect(path).finally(() => {
        this.#connecting = undefined;
      });
      await this.#connecting;
    }
    const viewer: Viewer = new Viewer(
      (data, taken) => this.#type(data, taken),
      () => this.#left(viewer),
    );
    this.#viewers.add(viewer);
    signal.addEventListener("abort", () => viewer.destroy(), { once: true });
    return viewer;
  }

  close(): void {
    this.#socket?.destroy();
    for (const viewer of this.#viewers) viewer.destroy();
  }

  async #connect(path: string): Promise<void> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (cause) =>
        reject(
          new CkeError("unavailable", "the guest's serial console does not answer: does the guest run?", { cause }),
        ),
      );
    });
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      for (const viewer of this.#viewers) viewer.show(data);
    });
    socket.once("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      for (const viewer of this.#viewers) viewer.push(null);
    });
    this.#socket?.destroy();
    this.#socket = socket;
    this.#path = path;
  }

  /** `taken` is called when the guest's line has taken it. */
  #type(data: Buffer, taken: (error?: Error) => void): void {
    const socket = this.#socket;
    const words = "the guest reads nothing from its serial console: 1 MiB that was typed waits for it already";
    if (socket === undefined || socket.destroyed) taken();
    else if (socket.writableLength + data.length > mostTyped) taken(new CkeError("resource_exhausted", words));
    // An error is the end of the line, which every viewer sees.
    else socket.write(data, () => taken());
  }

  #left(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

class Viewer extends Duplex {
  readonly #type: (data: Buffer, taken: (error?: Error) => void) => void;
  readonly #left: () => void;

  constructor(type: (data: Buffer, taken: (error?: Error) => void) => void, left: () => void) {
    super({ allowHalfOpen: true });
    this.#type = type;
    this.#left = left;
    this.on("error", () => {});
  }

  show(data: Buffer): void {
    if (this.readableLength < mostPending && !this.readableEnded && !this.destroyed) this.push(data);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#type(chunk, callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#left();
    callback(error);
  }
}
