// The serial consoles of VMs as sessions of terminals. The executor of a VM has one command, which is that line.
import { CkeError, type Logger } from "@cke/foundation";
import type { WorkloadChannels } from "../channel/workload-channels.ts";
import type { ConsoleQuery } from "./console-request.ts";
import type { TerminalSessions } from "./console-sessions.ts";

export interface SerialSessionsOptions {
  readonly channels: WorkloadChannels;
  /** Name of the unit that has the line. Throws a CkeError (404) for a VM that is not known. */
  readonly unit: (vm: string) => string;
  readonly logger: Logger;
}

/** Of one VM at a time; executors have a bound of their own. */
const limit = 10;

export class SerialSessions implements TerminalSessions {
  readonly #options: SerialSessionsOptions;
  readonly #open = new Map<string, number>();

  constructor(options: SerialSessionsOptions) {
    this.#options = options;
  }

  /** Throws a CkeError: 404, 409 when the VM does not run, 429 when there are too many, and why there is no way to it. */
  async run(
    vm: string,
    { rows, columns }: ConsoleQuery,
    by: string,
    signal: AbortSignal,
    use: Parameters<TerminalSessions["run"]>[4],
  ): Promise<void> {
    const { channels, unit, logger } = this.#options;
    const name = unit(vm);
    const count = this.#open.get(vm) ?? 0;
    if (count >= limit)
      throw new CkeError("too_many_sessions", `VM "${vm}" has ${limit} serial consoles open: close one of them`, {
        status: 429,
      });
    this.#open.set(vm, count + 1);
    try {
      const channel = await channels.open(vm, name, signal);
      const stream = await channel.exec({ command: ["serial"], tty: true, size: { rows, columns } }, signal);
      logger.info("a serial console is open", { vm, by });
      try {
        await use({ stream, node: vm });
      } finally {
        stream.close();
        logger.info("a serial console is closed", { vm, by });
      }
    } finally {
      const left = (this.#open.get(vm) ?? 1) - 1;
      if (left === 0) this.#open.delete(vm);
      else this.#open.set(vm, left);
    }
  }
}
