// One channel on its way: the executor is asked to dial, again and again, until it has dialled or the time of the secret is over.
// The secret is made here, sealed for the executor's key, good for one dial, and known to no one else.
import { randomBytes, randomUUID } from "node:crypto";
import type { CkeError, Clock } from "@cke/foundation";
import {
  channelSecretLength,
  channelSecretName,
  type OpenChannelInit,
  SchedulerMessage,
  SecretsRequest,
  sealSecrets,
} from "@cke/protocol";
import type { Channel } from "./channel.ts";
import { executorOutdated, executorSilent, notDialled } from "./channel-errors.ts";
import { type DialRequest, isSecret } from "./dial-request.ts";
import type { ChannelUnit } from "./unit.ts";

export interface ChannelOpeningOptions {
  readonly unit: ChannelUnit;
  /** Where the executor is to dial: this scheduler's own address. */
  readonly url: string;
  /** Of an https address: the authorities in PEM that may have signed its certificate. */
  readonly ca?: string | undefined;
  readonly send: (unit: ChannelUnit, message: Uint8Array) => void;
  readonly clock: Clock;
  /** The executor's key, when it is known from an earlier channel. */
  readonly publicKey: Uint8Array | undefined;
  /** There will be no channel: no dial is taken any more. */
  readonly onGivenUp: () => void;
  /** Default 30 s. */
  readonly secretMs?: number | undefined;
}

const defaultSecretMs = 30_000;
/** Pauses between two requests to dial; the last one is repeated. */
const repeatMs = [200, 400, 800, 1_600, 2_000] as const;
/** An executor that has answered something else, and none of so many requests to dial, knows no channels. */
const requestsUntilOutdated = 4;

export class ChannelOpening {
  readonly #options: ChannelOpeningOptions;
  readonly #id = randomUUID();
  readonly #secret = new Uint8Array(randomBytes(channelSecretLength));
  readonly #result = Promise.withResolvers<Channel>();
  #publicKey: Uint8Array | undefined;
  #cancelRepeat: () => void = () => {};
  readonly #cancelExpiry: () => void;
  #repeats = 0;
  /** The executor has answered with its key. */
  #keyed = false;
  /** It has answered something that executors of earlier versions know too. */
  #heard = false;
  #over = false;

  constructor(options: ChannelOpeningOptions) {
    this.#options = options;
    this.#publicKey = options.publicKey;
    this.#result.promise.catch(() => {});
    this.#ask();
    const { secretMs = defaultSecretMs } = options;
    const expire = () => this.#giveUp(this.problem("", secretMs / 1_000));
    this.#cancelExpiry = options.clock.after(secretMs, expire, { background: true });
  }

  get unit(): ChannelUnit {
    return this.#options.unit;
  }

  /** The channel; rejects with a CkeError when there will be none. */
  get channel(): Promise<Channel> {
    return this.#result.promise;
  }

  /** A dial that may be this opening's. True once at most, and only with the secret; false changes nothing. */
  accepts({ channelId, secret }: DialRequest): boolean {
    const right = isSecret(secret, this.#secret);
    if (this.#over || !right || channelId !== this.#id) return false;
    this.#end();
    return true;
  }

  opened(channel: Channel): void {
    this.#result.resolve(channel);
  }

  fail(error: CkeError): void {
    this.#end();
    this.#result.reject(error);
  }

  /** The executor has told its key. Throws when it is none. */
  keyed(publicKey: Uint8Array): void {
    if (this.#over) return;
    this.#keyed = true;
    // The executor has answered an order that had its key already: the next repetition is soon enough.
    if (this.#publicKey !== undefined && Buffer.compare(this.#publicKey, publicKey) === 0) return;
    this.#sealedFor(publicKey); // throws for a key that is none, and then the one before is kept
    this.#publicKey = publicKey;
    this.#repeats = 0;
    this.#ask();
  }

  /** The executor could not dial; false when it speaks of another opening. */
  failed(channelId: string, reason: string): boolean {
    if (channelId !== this.#id) return false;
    this.fail(this.problem(reason, 0));
    return true;
  }

  /** Something else has come from the executor that it was asked for. */
  heard(): void {
    this.#heard = true;
    this.#endIfOutdated();
  }

  /** Why there is no channel so far. */
  problem(reason: string, seconds: number): CkeError {
    const { unit, url } = this.#options;
    if (this.#keyed || reason !== "") return notDialled(unit, url, reason);
    return this.#seemsOutdated ? executorOutdated(unit) : executorSilent(unit, seconds);
  }

  get #seemsOutdated(): boolean {
    return this.#heard && this.#publicKey === undefined;
  }

  /** So that an operator does not wait for what cannot come. */
  #endIfOutdated(): void {
    if (!this.#over && this.#seemsOutdated && this.#repeats >= requestsUntilOutdated)
      this.#giveUp(executorOutdated(this.#options.unit));
  }

  #giveUp(error: CkeError): void {
    this.fail(error);
    this.#options.onGivenUp();
  }

  #end(): void {
    this.#over = true;
    this.#cancelRepeat();
    this.#cancelExpiry();
  }

  #ask(): void {
    const { unit, url, ca, send, clock } = this.#options;
    this.#cancelRepeat();
    this.#endIfOutdated();
    if (this.#over) return;
    const value: OpenChannelInit = { channelId: this.#id, url, ca, secret: this.#sealedFor(this.#publicKey) };
    send(unit, SchedulerMessage.encode({ message: { kind: "openChannel", value } }));
    // An executor that knows no channels answers this, so that it is not taken for one that is out of reach. The first may be
    // lost.
    if ((this.#repeats === 1 || this.#repeats === 3) && this.#publicKey === undefined)
      send(unit, SchedulerMessage.encode({ message: { kind: "reportHost", value: {} } }));
    const pause = repeatMs[Math.min(this.#repeats, repeatMs.length - 1)] ?? 2_000;
    this.#repeats += 1;
    this.#cancelRepeat = clock.after(pause, () => this.#ask(), { background: true });
  }

  #sealedFor(publicKey: Uint8Array | undefined): OpenChannelInit["secret"] {
    if (publicKey === undefined) return undefined;
    const request = SecretsRequest.create({ publicKey, requestId: this.#id, names: [channelSecretName] });
    const { executorId } = this.#options.unit;
    return sealSecrets(request, { executorId, secrets: { [channelSecretName]: this.#secret } });
  }
}
