// Answers a call that has one response, and converts what its handler threw.
import type { Logger } from "@cke/foundation/logger";
import type { sendUnaryData } from "@grpc/grpc-js";
import { serviceError } from "../errors/grpc-status.ts";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";

/** A failure that is not expected is logged too. */
export function answerCall<Response>(
  call: { getPath(): string },
  callback: sendUnaryData<Response>,
  logger: Logger,
  handle: () => Promise<Response>,
): void {
  handle().then(
    (response) => callback(null, response),
    (error: unknown) => {
      if (!(error instanceof WrapperError)) logger.error(`${call.getPath()} failed: ${errnoWordsOf(error)}`, { error });
      callback(serviceError(error));
    },
  );
}
