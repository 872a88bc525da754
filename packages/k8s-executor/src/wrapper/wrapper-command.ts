// One command in the node's container, from its start to its exit code. For short commands: what they print is kept in memory, within a
// bound.
import type { UnitStreams } from "@cke/executor-core";
import { ExecStart } from "@cke/protocol";
import { WrapperError } from "../streams/wrapper-error.ts";
import type { Command, CommandResult } from "./wrapper-client.ts";

/** A command that takes longer is ended by the wrapper. */
const defaultTimeoutMs = 20_000;
/** Of the call, beyond the command's own time: the wrapper's answer that the time is up has to arrive. */
const answerMs = 5_000;
const maxOutputBytes = 4 * 1024 * 1024;
/** The wrapper's own PATH may lack the directories of administration programs. */
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Throws WrapperError: what the call fails with, or `other` when the command prints too much. */
export async function runCommand(
  streams: Pick<UnitStreams, "exec">,
  { command, stdin = new Uint8Array(0), timeoutMs = defaultTimeoutMs }: Command,
): Promise<CommandResult> {
  const environment = [{ name: "PATH", value: searchPath }];
  const signal = AbortSignal.timeout(timeoutMs + answerMs);
  const session = streams.exec(ExecStart.create({ command, environment, timeoutMs }), signal);
  // A command that ends before it has read all is no failure.
  void session.send({ input: { kind: "stdin", value: stdin } });
  void session.send({ input: { kind: "stdinEnd", value: true } });
  const printed: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
  const text = (kind: "stdout" | "stderr") => Buffer.concat(printed[kind]).toString("utf8");
  let bytes = 0;
  try {
    for await (const { output } of session.output) {
      if (output?.kind === "exit") return { code: output.value.code, stdout: text("stdout"), stderr: text("stderr") };
      if (output?.kind !== "stdout" && output?.kind !== "stderr") continue;
      bytes += output.value.length;
      if (bytes > maxOutputBytes)
        throw new WrapperError("other", `${command[0]} printed more than ${maxOutputBytes} bytes`);
      printed[output.kind].push(output.value);
    }
  } catch (error) {
    if (signal.aborted)
      throw new WrapperError("deadline", `${command[0]} gave no answer within ${timeoutMs} ms`, error);
    throw error;
  }
  throw new WrapperError("other", `${command[0]} ended without an exit code`);
}
