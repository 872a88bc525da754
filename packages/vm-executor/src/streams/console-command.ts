// The serial console as a command of a terminal: what is typed goes to the guest, what the guest writes comes out.
import type { Duplex } from "node:stream";
import type { UnitCommand } from "@cke/executor-core";
import { type ExecInput, ExecOutput } from "@cke/protocol";

/** `opened`: the console. The command ends with the guest, or with its input. */
export function consoleCommand(opened: Promise<Duplex>): UnitCommand {
  opened.catch(() => {});
  return { output: output(opened), send: (input) => send(opened, input) };
}

/** Resolves when it takes more, and when it has ended. */
async function drained(stream: Duplex): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve);
  stream.once("close", resolve);
  await promise;
  stream.off("drain", resolve);
  stream.off("close", resolve);
}

async function* output(opened: Promise<Duplex>): AsyncGenerator<ExecOutput, void, undefined> {
  const stream = await opened;
  try {
    yield ExecOutput.create({ output: { kind: "startedPid", value: 0 } });
    for await (const data of stream.iterator({ destroyOnReturn: false }))
      if (data instanceof Uint8Array) yield ExecOutput.create({ output: { kind: "stdout", value: data } });
    yield ExecOutput.create({ output: { kind: "exit", value: { code: 0, signal: "" } } });
  } finally {
    stream.destroy();
  }
}

async function send(opened: Promise<Duplex>, { input }: ExecInput): Promise<void> {
  try {
    const stream = await opened;
    // A serial line has no size and knows no signals.
    if (input?.kind === "stdin" && !stream.write(input.value)) await drained(stream);
    if (input?.kind === "stdinEnd") stream.push(null);
  } catch {
    // `output` tells why it could not be opened.
  }
}
