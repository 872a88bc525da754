// The output of an exec session on its way to the client. Invariant: a pipe is read no faster than the client takes what came from it.
import type { Socket } from "node:net";
import type { ExecOutputInit, MessageSender } from "@cke/protocol";

export class SessionOutput {
  readonly #sender: MessageSender<ExecOutputInit>;
  /** Bytes that have left. */
  forwarded = 0;
  /** The last of stderr. */
  lastErrors = "";
  #sending = 0;

  constructor(sender: MessageSender<ExecOutputInit>) {
    this.#sender = sender;
  }

  /** Something waits for the client. */
  get sending(): boolean {
    return this.#sending > 0;
  }

  /** Resolves at the end of the pipe, or when the client is gone. */
  async forward(socket: Socket, kind: "stdout" | "stderr"): Promise<void> {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const data: Buffer = chunk;
      if (kind === "stderr") this.lastErrors = `${this.lastErrors}${data.toString("utf8")}`.slice(-2_048);
      this.#sending += 1;
      const sent = await this.#sender.sendData(data, (value) => ({ output: { kind, value } }));
      this.#sending -= 1;
      if (!sent) return;
      this.forwarded += data.length;
    }
  }
}
