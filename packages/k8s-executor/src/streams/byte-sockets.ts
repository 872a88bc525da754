// Connections to the wrapper's UNIX socket for bytes: each carries one tunnel or one file, and no gRPC is around it. Invariant: there are no
// more of them than the bound, and none when the node is being ended.
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { InfoResponse } from "@cke/protocol";
import { WrapperError } from "./wrapper-error.ts";

export type WrapperAbilities = Pick<InfoResponse, "features" | "tunnelSocket">;

/** The wrapper has bounds of its own, which are lower; this one keeps a flood out of it. */
const openBound = 1_024;

/** Ends what uses a connection. */
type EndWith = (reason: WrapperError) => void;

export class ByteSockets {
  readonly #directory: string;
  readonly #ask: () => Promise<WrapperAbilities>;
  readonly #open = new Set<EndWith>();
  /** What the wrapper has said: it is the same for as long as its container runs. */
  #abilities: WrapperAbilities | undefined;
  #closed = false;

  /** `ask` asks the wrapper what it has beyond the first version. */
  constructor(directory: string, ask: () => Promise<WrapperAbilities>) {
    this.#directory = directory;
    this.#ask = ask;
  }

  /** False for a wrapper of an earlier version. Throws WrapperError when it does not answer. */
  async serve(what: "tunnels" | "files"): Promise<boolean> {
    this.#abilities ??= await this.#ask();
    const { tunnelSocket, features } = this.#abilities;
    return tunnelSocket !== "" && (what === "tunnels" || features.includes("file-bytes"));
  }

  /** A connection, once the wrapper has been asked. `end` is called when the node is being ended. Throws WrapperError. */
  connect(end: EndWith): Socket {
    if (this.#closed) throw ended();
    if (this.#open.size >= openBound) {
      const words = `${openBound} tunnels and files of this node are open, and no more are allowed: end some of them first`;
      throw new WrapperError("resource-exhausted", words);
    }
    const socket = connect({ path: join(this.#directory, this.#abilities?.tunnelSocket ?? ""), allowHalfOpen: true });
    this.#open.add(end);
    socket.once("close", () => this.#open.delete(end));
    return socket;
  }

  /** Ends everything. */
  close(): void {
    this.#closed = true;
    for (const end of this.#open) end(ended());
  }
}

const ended = () => new WrapperError("unavailable", "this node is being ended");
