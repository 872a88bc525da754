// One command in the node's container, from its start to its exit code, over the wrapper's Exec call. For short commands: what
// they print is kept in memory, within a bound.
import { type ExecInputInit, type ExecOutput, wrapperService } from "@cke/protocol";
import type { Client, ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import { type Command, type CommandResult, WrapperError } from "./wrapper-client.ts";

/** A command that takes longer is ended by the wrapper. */
const defaultTimeoutMs = 20_000;
/** Of the call, beyond the command's own time: the wrapper's answer that the time is up has to arrive. */
const answerMs = 5_000;
const maxOutputBytes = 4 * 1024 * 1024;
const chunkBytes = 64 * 1024;
/** The wrapper's own PATH may lack the directories of administration programs. */
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Rejects with what the stream fails with, or WrapperError `other` when the command prints too much. */
export function runCommand(
  client: Client,
  metadata: Metadata,
  { command, stdin = new Uint8Array(0), timeoutMs = defaultTimeoutMs }: Command,
): Promise<CommandResult> {
  const method = wrapperService.exec;
  const call: ClientDuplexStream<ExecInputInit, ExecOutput> = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    metadata,
    { deadline: Date.now() + timeoutMs + answerMs },
  );
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  let bytes = 0;
  let exit: { readonly code: number; readonly signal: string } | undefined;
  call.on("data", ({ output }: ExecOutput) => {
    if (output?.kind === "exit") exit = output.value;
    if (output?.kind !== "stdout" && output?.kind !== "stderr") return;
    bytes += output.value.length;
    if (bytes <= maxOutputBytes) {
      printed[output.kind].push(output.value);
      return;
    }
    reject(new WrapperError("other", `${command[0]} printed more than ${maxOutputBytes} bytes`));
    call.cancel();
  });
  call.on("error", reject);
  call.on("end", () => {
    if (exit === undefined) return;
    const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString("utf8");
    resolve({ code: exit.code, stdout: text(printed.stdout), stderr: text(printed.stderr) });
  });
  const environment = [{ name: "PATH", value: searchPath }];
  call.write({ input: { kind: "start", value: { command, environment, timeoutMs } } });
  for (let at = 0; at < stdin.length; at += chunkBytes)
    call.write({ input: { kind: "stdin", value: stdin.subarray(at, at + chunkBytes) } });
  call.write({ input: { kind: "stdinEnd", value: true } });
  call.end();
  return promise;
}
