// Probe that runs a command: passes when it exits with 0. The command gets its own process group, killed whole at the end.
import { spawn } from "node:child_process";
import type { ExecCheck } from "@cke/protocol";
import { errnoWordsOf } from "../errors/wrapper-error.ts";
import { killGroup } from "../process/process-group.ts";
import { CheckFailure, type CheckRun, oneLine } from "./check-run.ts";

const outputLimit = 4_096;

export function execCheck(check: ExecCheck): CheckRun {
  return (signal) =>
    new Promise((resolve, reject) => {
      const [file = "", ...args] = check.command;
      const child = spawn(file, args, { cwd: "/", detached: true, stdio: ["ignore", "pipe", "pipe"] });
      let output = Buffer.alloc(0);
      const collect = (chunk: Buffer) => {
        output = Buffer.concat([output, chunk]).subarray(-outputLimit);
      };
      child.stdout.on("data", collect);
      child.stderr.on("data", collect);
      const kill = () => {
        if (child.pid !== undefined) killGroup(child.pid, "SIGKILL");
      };
      signal.addEventListener("abort", kill, { once: true });
      if (signal.aborted) kill();
      child.once("error", (error) => {
        signal.removeEventListener("abort", kill);
        reject(new Error(`cannot run ${file}: ${errnoWordsOf(error)}`));
      });
      // "exit" and not "close": a descendant that keeps the output open must not keep the probe waiting.
      child.once("exit", (code, exitSignal) => {
        signal.removeEventListener("abort", kill);
        kill();
        child.stdout.destroy();
        child.stderr.destroy();
        if (code === 0) resolve();
        else {
          const words = endOf(output);
          const ended = exitSignal === null ? `${file} exited with ${code}` : `${file} was ended by ${exitSignal}`;
          reject(
            new CheckFailure(failureWords(check.description, words), words === "" ? ended : `${ended}:\n${words}`),
          );
        }
      });
    });
}

/** The text from the first whole character on. */
function endOf(output: Buffer): string {
  const first = output.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return output.subarray(Math.max(0, first)).toString("utf8");
}

/** For an operator: no program's name and exit code. What the command printed last says why; all of it is beside. */
function failureWords(description: string, output: string): string {
  const words = oneLine(output.trim().split("\n").at(-1) ?? "");
  if (description === "") return words === "" ? "its check fails" : words;
  return words === "" ? description : `${description}: ${words}`;
}
