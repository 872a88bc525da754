// One line typed on a guest's serial console, as an operator's terminal does it.
import { ExecInput, ExecStart } from "@cke/protocol";
import type { VmLab } from "./vm-lab.ts";

/** A guest without KVM answers in milliseconds on a quiet machine, and in minutes on one that is busy. */
const LONGEST_MS = 600_000;

/**
 * Types a line on the serial console of a guest that runs, and waits for words that only its answer has: the terminal echoes
 * the line itself. Returns all that came. Throws with all that came when the words do not come within ten minutes.
 */
export async function typeOnSerial(vm: ReturnType<VmLab["executor"]>, line: string, words: string): Promise<string> {
  const signal = AbortSignal.timeout(LONGEST_MS);
  const ending = new AbortController();
  const command = vm.driver.streams.exec(
    ExecStart.create({ command: ["serial"], tty: true }),
    AbortSignal.any([signal, ending.signal]),
  );
  let seen = "";
  try {
    for await (const { output } of command.output) {
      if (output?.kind === "startedPid")
        void command.send(ExecInput.create({ input: { kind: "stdin", value: Buffer.from(`${line}\n`) } }));
      if (output?.kind === "stdout") seen += Buffer.from(output.value).toString();
      if (seen.includes(words)) return seen;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    ending.abort();
  }
  throw new Error(`the console did not say "${words}" after "${line}"; it said: ${seen}`);
}
