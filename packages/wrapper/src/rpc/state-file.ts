// <state_dir>/wrapper.json: which wrapper runs here, for a person who looks into the container. Nothing is read back from it:
// a wrapper that starts adopts nothing (see main.ts).
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { makeDirectory } from "../files/directory-path.ts";

export interface StateFile {
  readonly pid: number;
  readonly version: string;
  readonly instanceId: string;
  readonly socket: string;
  readonly startedAtMs: number;
}

/** Throws WrapperError. */
export function writeStateFile(directory: string, state: StateFile): void {
  try {
    makeDirectory(directory, 0o700);
    writeFileSync(join(directory, "wrapper.json"), `${JSON.stringify(state)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new WrapperError("failed_precondition", `cannot write to ${directory}: ${errnoWordsOf(cause)}`, { cause });
  }
}

export function removeStateFile(directory: string): void {
  rmSync(join(directory, "wrapper.json"), { force: true });
}
