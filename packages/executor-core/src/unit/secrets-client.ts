// Gets a unit's secrets from the scheduler. It repeats the request until an answer comes, because framework messages may be
// lost and the scheduler may be away.
import { Backoff, CkeError, type Clock, type Logger } from "@cke/foundation";
import {
  createSecretsRequest,
  ExecutorMessage,
  openSecrets,
  type PendingSecretsRequest,
  type SecretsResponse,
} from "@cke/protocol";

interface Waiting {
  readonly pending: PendingSecretsRequest;
  readonly resolve: (response: SecretsResponse) => void;
}

export interface SecretsClientOptions {
  readonly executorId: string;
  readonly send: (message: Uint8Array) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class SecretsClient {
  readonly #options: SecretsClientOptions;
  #waiting: Waiting | undefined;

  constructor(options: SecretsClientOptions) {
    this.#options = options;
  }

  /** The wanted secrets by name. Waits as long as it takes; throws CkeError when the scheduler refuses, or when aborted. */
  async fetch(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>> {
    if (names.length === 0) return new Map();
    const { executorId, send, clock, logger } = this.#options;
    const pending = createSecretsRequest({ executorId, names });
    const data = ExecutorMessage.encode({ message: { kind: "secretsRequest", value: pending.request } });
    const answered = new AbortController();
    const response = new Promise<SecretsResponse>((resolve) => {
      this.#waiting = { pending, resolve };
    }).finally(() => answered.abort());
    const backoff = new Backoff({ baseMs: 500, maxMs: 15_000 });
    const repeat = async (): Promise<never> => {
      for (;;) {
        logger.debug("asking the scheduler for the unit's secrets", { requestId: pending.request.requestId });
        send(data);
        await clock.sleep(backoff.next(), AbortSignal.any([signal, answered.signal]));
      }
    };
    try {
      return openSecrets(pending, await Promise.race([response, repeat()]));
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new CkeError("secrets_failed", cause instanceof Error ? cause.message : "the secrets did not arrive", {
        cause,
      });
    } finally {
      answered.abort();
      this.#waiting = undefined;
    }
  }

  /** An answer of the scheduler; one to another request is ignored. */
  receive(response: SecretsResponse): void {
    if (this.#waiting?.pending.request.requestId === response.requestId) this.#waiting.resolve(response);
    else
      this.#options.logger.debug("an answer to another secrets request is ignored", { requestId: response.requestId });
  }
}
