// How a command ended, as a shell tells it. Pure.
import { constants } from "node:os";
import type { ExecExit } from "@cke/protocol";

/** Wrappers of earlier versions say -1 for a command that a signal ended; a shell says 128 + its number. */
export function shellExit({ code, signal }: ExecExit): ExecExit {
  if (signal === "" || code >= 0) return { code, signal };
  const number = Object.entries(constants.signals).find(([name]) => name === `SIG${signal}`)?.[1] ?? 0;
  return { code: 128 + number, signal };
}
