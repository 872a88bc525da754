// How a simulated executor gets the secrets of its node: it sends a framework message, and repeats it until the
// scheduler has answered, because request and answer may be lost.
import { messageOf } from "@cke/foundation";
import type { ExecutorHost } from "@cke/mesos-local/simulation";
import { createSecretsRequest, ExecutorMessage, openSecrets, type SecretsResponse } from "@cke/protocol";

interface SecretsExchangeHooks {
  /** False when the node is being removed: the requests stop. */
  wanted(): boolean;
  /** Called when the node has its secrets. */
  done(): void;
  failed(reason: string): void;
}

export class SecretsExchange {
  readonly #host: ExecutorHost;
  readonly #hooks: SecretsExchangeHooks;
  #pending: ReturnType<typeof createSecretsRequest> | undefined;

  constructor(host: ExecutorHost, hooks: SecretsExchangeHooks) {
    this.#host = host;
    this.#hooks = hooks;
  }

  /** Asks for the secrets of these names. Without names it is done at once. */
  begin(names: readonly string[]): void {
    if (names.length === 0) {
      this.#hooks.done();
      return;
    }
    this.#pending = createSecretsRequest({ executorId: this.#host.executor.executor_id.value, names });
    const value = this.#pending.request;
    const data = Buffer.from(ExecutorMessage.encode({ message: { kind: "secretsRequest", value } })).toString("base64");
    const ask = () => {
      if (this.#pending === undefined || !this.#hooks.wanted()) return;
      this.#host.send(data);
      this.#after(1_000, 10_000, ask);
    };
    ask();
  }

  /** Takes the scheduler's answer. An answer without a request is ignored. */
  answer(response: SecretsResponse): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    try {
      openSecrets(pending, response);
    } catch (error) {
      this.#hooks.failed(messageOf(error));
      return;
    }
    this.#after(100, 500, () => this.#hooks.done());
  }

  #after(leastMs: number, mostMs: number, action: () => void): void {
    this.#host.after(leastMs + this.#host.random() * (mostMs - leastMs), action);
  }
}
