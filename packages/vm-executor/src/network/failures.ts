// What went wrong with a network.
import { CkeError } from "@cke/foundation/cke-error";

export const isCkeError = (error: unknown, ...codes: readonly string[]): error is CkeError =>
  error instanceof CkeError && codes.includes(error.code);
