// The channels of an executor: answers what the scheduler says about them. One channel id is dialled once, however often the
// scheduler repeats it; the secret of a dial is opened with a key that never leaves this process.
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import {
  channelSecretLength,
  channelSecretName,
  ExecutorMessage,
  type ExecutorMessageInit,
  generateSecretsKeyPair,
  type OpenChannel,
  openSecrets,
  rawPublicKey,
  SealedSecretsError,
  type SecretsKeyPair,
  SecretsRequest,
} from "@cke/protocol";
import type { ChannelServer } from "./channel-server.ts";
import type { UnitStreams } from "./unit-streams.ts";

export interface ExecutorChannelsOptions {
  readonly executorId: string;
  readonly units: UnitStreams;
  /** Sends a framework message; it may be lost. */
  readonly send: (message: Uint8Array) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ids that are remembered, so that a late repetition dials nothing. */
const rememberedIds = 64;
/** Channels at a time: of the leader, and of a former one that is not known to be gone yet. */
const channelLimit = 4;

export class ExecutorChannels {
  readonly #options: ExecutorChannelsOptions;
  readonly #stopped = new AbortController();
  readonly #open = new Set<ChannelServer>();
  /** By channel id: why the dial failed; "" for one that is under way or has succeeded. */
  readonly #dialled = new Map<string, string>();
  #keyPair: SecretsKeyPair | undefined;

  constructor(options: ExecutorChannelsOptions) {
    this.#options = options;
  }

  /** An OpenChannel of the scheduler. Returns at once. */
  receive(order: OpenChannel): void {
    const { channelId } = order;
    if (this.#stopped.signal.aborted) return;
    const failure = this.#dialled.get(channelId);
    if (failure !== undefined) {
      // The scheduler asks again, so it has not learned of the failure.
      if (failure !== "") this.#send({ kind: "channelFailure", value: { channelId, reason: failure } });
      return;
    }
    const secret = this.#secretOf(order);
    if (secret === undefined) {
      const { publicKey } = this.#keys();
      this.#send({ kind: "channelKey", value: { channelId, publicKey: rawPublicKey(publicKey) } });
      return;
    }
    this.#remember(channelId, "");
    void this.#serve(order, secret);
  }

  /** Ends every channel; nothing is dialled any more. */
  async stop(): Promise<void> {
    this.#stopped.abort(new CkeError("executor_ending", "the executor ends"));
    for (const channel of this.#open) channel.close();
    await Promise.all([...this.#open].map(({ closed }) => closed));
  }

  #keys(): SecretsKeyPair {
    this.#keyPair ??= generateSecretsKeyPair();
    return this.#keyPair;
  }

  /** Undefined when there is none, or one that was sealed for another key. */
  #secretOf({ channelId, secret }: OpenChannel): Uint8Array | undefined {
    if (secret === undefined) return undefined;
    const { publicKey, privateKey } = this.#keys();
    const request = SecretsRequest.create({
      publicKey: rawPublicKey(publicKey),
      requestId: channelId,
      names: [channelSecretName],
    });
    try {
      const opened = openSecrets({ request, executorId: this.#options.executorId, privateKey }, secret);
      const bytes = opened.get(channelSecretName);
      return bytes?.length === channelSecretLength ? bytes : undefined;
    } catch (error) {
      if (!(error instanceof SealedSecretsError)) throw error;
      this.#options.logger.debug("the secret of a channel cannot be opened", { channelId, detail: error.message });
      return undefined;
    }
  }

  async #serve({ channelId, url, ca }: OpenChannel, secret: Uint8Array): Promise<void> {
    const { executorId, units, clock, logger } = this.#options;
    try {
      if (this.#open.size >= channelLimit)
        throw new CkeError("too_many_channels", "this executor has too many channels");
      // Loaded when the first channel is opened: an executor without channels needs no HTTP/2.
      const [{ dial }, { ChannelServer }] = await Promise.all([import("./dial.ts"), import("./channel-server.ts")]);
      const socket = await dial({ url, ca, executorId, channelId, secret, signal: this.#stopped.signal });
      if (this.#stopped.signal.aborted) {
        socket.destroy();
        return;
      }
      const channel = new ChannelServer({ socket, units, clock });
      this.#open.add(channel);
      logger.debug("a channel to the scheduler is open", { channelId });
      await channel.closed;
      this.#open.delete(channel);
      logger.debug("a channel to the scheduler is closed", { channelId });
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const reason = messageOf(error);
      logger.warning(`no channel to the scheduler: ${reason}`, { channelId });
      if (this.#dialled.has(channelId)) this.#remember(channelId, reason);
      this.#send({ kind: "channelFailure", value: { channelId, reason } });
    } finally {
      secret.fill(0);
    }
  }

  #remember(channelId: string, failure: string): void {
    this.#dialled.set(channelId, failure);
    const [oldest] = this.#dialled.keys();
    if (this.#dialled.size > rememberedIds && oldest !== undefined) this.#dialled.delete(oldest);
  }

  #send(message: NonNullable<ExecutorMessageInit["message"]>): void {
    this.#options.send(ExecutorMessage.encode({ message }));
  }
}
