// A command that runs in the node, over the wrapper's Exec call. Invariant: what is sent keeps its order, also while the call is opened.
import type { UnitCommand } from "@cke/executor-core";
import type { ExecInput, ExecInputInit, ExecOutput, MessageSender } from "@cke/protocol";
import { receive, type StreamCall } from "./client-call.ts";
import { shellExit } from "./exec-exit.ts";
import { WrapperError } from "./wrapper-error.ts";

/** A call whose first message has been sent. */
export interface OpenedExec {
  readonly call: StreamCall;
  readonly sender: MessageSender<ExecInputInit>;
}

export class ExecStream implements UnitCommand {
  readonly output: AsyncIterable<ExecOutput>;
  readonly #sender: Promise<MessageSender<ExecInputInit> | undefined>;

  /** A call that cannot be opened is told where the output is read. */
  constructor(opened: Promise<OpenedExec>, signal: AbortSignal) {
    this.#sender = opened.then(
      ({ sender }) => sender,
      () => undefined,
    );
    this.output = execOutput(opened, signal);
  }

  async send({ input }: ExecInput): Promise<void> {
    const sender = await this.#sender;
    if (input?.kind === "stdin") await sender?.sendData(input.value, (value) => ({ input: { kind: "stdin", value } }));
    else if (input !== undefined && input.kind !== "start") await sender?.send({ input });
  }
}

async function* execOutput(
  opened: Promise<OpenedExec>,
  signal: AbortSignal,
): AsyncGenerator<ExecOutput, void, undefined> {
  const { call } = await opened;
  for await (const message of receive<ExecOutput>(call, signal)) {
    const { output } = message;
    if (output?.kind !== "exit") {
      yield message;
      continue;
    }
    yield { output: { kind: "exit", value: shellExit(output.value) } };
    return;
  }
  throw new WrapperError("other", "the wrapper in the container did not say how the command ended");
}
