// Secrets that travel through Mesos so that Mesos cannot read them. The executor sends a one-time X25519 public key.
// The scheduler answers with AES-256-GCM under a key that only these two can derive. Pure except for random numbers.
// Both ends use this file, so that they always agree.
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from "node:crypto";
import { SecretBundle, SecretsRequest, SecretsResponse } from "./generated/executor.ts";

const keyLength = 32;
const nonceLength = 12;
const tagLength = 16;

/** An X25519 key pair. */
export interface SecretsKeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A request and the private key that opens its answer. The private key never leaves this process. */
export interface PendingSecretsRequest {
  readonly request: SecretsRequest;
  readonly executorId: string;
  readonly privateKey: KeyObject;
}

/** A response cannot be opened, or a request cannot be answered. The message never contains a secret. */
export class SealedSecretsError extends Error {
  readonly code = "sealed_secrets";
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SealedSecretsError";
  }
}

export function generateSecretsKeyPair(): SecretsKeyPair {
  return generateKeyPairSync("x25519");
}

/** The 32 bytes of a public key as in RFC 7748. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: "jwk" });
  if (x === undefined) throw new SealedSecretsError("the key is not an X25519 key");
  return new Uint8Array(Buffer.from(x, "base64url"));
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  if (raw.length !== keyLength) {
    throw new SealedSecretsError(`an X25519 public key has ${keyLength} bytes, this one has ${raw.length}`);
  }
  return createPublicKey({
    key: { kty: "OKP", crv: "X25519", x: Buffer.from(raw).toString("base64url") },
    format: "jwk",
  });
}

/** HKDF-SHA256 of the shared secret (salt: request id, info: executor id). Throws for a public key of low order. */
function deriveKey(privateKey: KeyObject, peer: Uint8Array, requestId: string, executorId: string): Buffer {
  const publicKey = publicKeyOf(peer);
  let shared: Buffer;
  try {
    shared = diffieHellman({ privateKey, publicKey });
  } catch (cause) {
    throw new SealedSecretsError("the other side's X25519 public key is not usable", cause);
  }
  return Buffer.from(hkdfSync("sha256", shared, Buffer.from(requestId), Buffer.from(executorId), keyLength));
}

export interface SecretsRequestOptions {
  /** Names of the secrets; the names in the node's `KubeNodeTask.secrets`. */
  readonly names: readonly string[];
  readonly executorId: string;
  /** For tests only. A request id or a key pair is never used twice. */
  readonly requestId?: string;
  readonly keyPair?: SecretsKeyPair;
}

/** Executor side: a new request. The same request may be sent again; other secrets need a new request. */
export function createSecretsRequest(options: SecretsRequestOptions): PendingSecretsRequest {
  const { publicKey, privateKey } = options.keyPair ?? generateSecretsKeyPair();
  return {
    executorId: options.executorId,
    privateKey,
    request: SecretsRequest.create({
      publicKey: rawPublicKey(publicKey),
      requestId: options.requestId ?? randomUUID(),
      names: options.names,
    }),
  };
}

export interface SealOptions {
  /** The executor that sent the request. Take it from the Mesos MESSAGE event, never from the request. */
  readonly executorId: string;
  readonly secrets: Readonly<Record<string, Uint8Array>>;
  /** For tests only. */
  readonly keyPair?: SecretsKeyPair;
  readonly nonce?: Uint8Array;
}

/**
 * Scheduler side: the answer to `request`. Throws SealedSecretsError when the request's public key or id cannot be
 * used.
 */
export function sealSecrets(request: SecretsRequest, options: SealOptions): SecretsResponse {
  if (request.requestId === "") throw new SealedSecretsError("the secrets request has no id");
  const { publicKey, privateKey } = options.keyPair ?? generateSecretsKeyPair();
  const key = deriveKey(privateKey, request.publicKey, request.requestId, options.executorId);
  const nonce = options.nonce ?? new Uint8Array(randomBytes(nonceLength));
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength });
  const plain = SecretBundle.encode({ secrets: options.secrets });
  const sealed = new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  key.fill(0);
  return SecretsResponse.create({ requestId: request.requestId, publicKey: rawPublicKey(publicKey), nonce, sealed });
}

/** Scheduler side: the answer that refuses the secrets. `error` says why and must contain no secret. */
export function refuseSecrets(request: SecretsRequest, error: string): SecretsResponse {
  return SecretsResponse.create({ requestId: request.requestId, error });
}

/**
 * Executor side: the secrets of an answer, by name. Throws SealedSecretsError when the scheduler refused, when the
 * answer is for another request or another executor, or when a secret is missing.
 */
export function openSecrets(
  pending: PendingSecretsRequest,
  response: SecretsResponse,
): ReadonlyMap<string, Uint8Array> {
  const { requestId, names } = pending.request;
  if (response.requestId !== requestId) throw new SealedSecretsError("this answer belongs to another secrets request");
  if (response.error !== "") throw new SealedSecretsError(`the scheduler refuses the secrets: ${response.error}`);
  if (response.nonce.length !== nonceLength || response.sealed.length < tagLength) {
    throw new SealedSecretsError("the sealed secrets are cut short");
  }
  const key = deriveKey(pending.privateKey, response.publicKey, requestId, pending.executorId);
  const split = response.sealed.length - tagLength;
  const decipher = createDecipheriv("aes-256-gcm", key, response.nonce, { authTagLength: tagLength });
  decipher.setAuthTag(response.sealed.subarray(split));
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(response.sealed.subarray(0, split)), decipher.final()]);
  } catch (cause) {
    throw new SealedSecretsError(
      "the sealed secrets are not authentic: sealed for another executor, or changed",
      cause,
    );
  } finally {
    key.fill(0);
  }
  const secrets = new Map(Object.entries(SecretBundle.decode(new Uint8Array(plain)).secrets));
  const missing = names.filter((name) => !secrets.has(name));
  if (missing.length > 0) throw new SealedSecretsError(`the scheduler's answer lacks: ${missing.join(", ")}`);
  return secrets;
}
