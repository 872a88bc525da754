// Why a VM failed: `code` is the cause of its report, `output` the last lines of its console.
import { CkeError } from "@cke/foundation";

export class VmFailure extends CkeError {
  readonly output: string;

  constructor(code: string, message: string, options: { readonly output?: string; readonly cause?: unknown } = {}) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause });
    this.output = options.output ?? "";
  }
}
