// Sealed secrets: both ends against each other, against a fixed vector, and against tampering.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SecretsRequest, SecretsResponse } from "./generated/executor.ts";
import {
  createSecretsRequest,
  openSecrets,
  rawPublicKey,
  refuseSecrets,
  type SecretsKeyPair,
  sealSecrets,
} from "./sealed-secrets.ts";

const executorId = "cke.my.master.01";
const secrets = { "etcd.key": new TextEncoder().encode("secret") };
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

/** A key pair from a raw private key; the prefix of PKCS#8 is from RFC 8410. */
function keyPair(privateHex: string): SecretsKeyPair {
  const der = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), Buffer.from(privateHex, "hex")]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const executorKeys = keyPair("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");
// The keys of Bob in RFC 7748, section 6.1.
const schedulerKeys = keyPair("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");

function exchange() {
  const pending = createSecretsRequest({ executorId, names: ["etcd.key"] });
  return { pending, response: sealSecrets(pending.request, { executorId, secrets }) };
}

describe("sealed secrets", () => {
  test("public keys are the raw bytes of RFC 7748", () => {
    expect(hex(rawPublicKey(schedulerKeys.publicKey))).toBe(
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    );
  });

  test("a fixed vector", () => {
    const pending = createSecretsRequest({
      executorId,
      names: ["etcd.key"],
      requestId: "request-1",
      keyPair: executorKeys,
    });
    const response = sealSecrets(pending.request, {
      executorId,
      secrets,
      keyPair: schedulerKeys,
      nonce: new Uint8Array(12),
    });
    expect(hex(response.sealed)).toBe("ee1254ac14fd7bd2a91d62829bd62923d5b5615c1b95fb3b5c95bfc5a717f9115988ba9c");
    expect(openSecrets(pending, response).get("etcd.key")).toEqual(secrets["etcd.key"]);
  });

  test("opens after a trip through the wire, and every seal is different", () => {
    const { pending, response } = exchange();
    const request = SecretsRequest.decode(SecretsRequest.encode(pending.request));
    const again = sealSecrets(request, { executorId, secrets });
    expect(hex(again.sealed)).not.toBe(hex(response.sealed));
    const received = SecretsResponse.decode(SecretsResponse.encode(again));
    expect([...openSecrets(pending, received).keys()]).toEqual(["etcd.key"]);
  });

  test.each<[string, (good: SecretsResponse) => SecretsResponse, RegExp]>([
    ["another request's answer", (good) => ({ ...good, requestId: "other" }), /another secrets request/],
    [
      "a changed ciphertext",
      (good) => ({ ...good, sealed: good.sealed.map((b, i) => (i === 0 ? b ^ 1 : b)) }),
      /not authentic/,
    ],
    ["a changed nonce", (good) => ({ ...good, nonce: good.nonce.map((b) => b ^ 1) }), /not authentic/],
    [
      "a key of another pair",
      (good) => ({ ...good, publicKey: rawPublicKey(executorKeys.publicKey) }),
      /not authentic/,
    ],
    ["a key of low order", (good) => ({ ...good, publicKey: new Uint8Array(32) }), /not usable/],
    ["a short key", (good) => ({ ...good, publicKey: new Uint8Array(31) }), /32 bytes, this one has 31/],
    ["a torn message", (good) => ({ ...good, sealed: good.sealed.subarray(0, 8) }), /cut short/],
    ["a refusal", (good) => ({ ...good, error: "unknown executor" }), /refuses the secrets: unknown executor/],
  ])("refuses %s", (_name, change, message) => {
    const { pending, response } = exchange();
    expect(() => openSecrets(pending, change(response))).toThrow(message);
  });

  test("refuses what was sealed for another executor", () => {
    const pending = createSecretsRequest({ executorId, names: [] });
    const response = sealSecrets(pending.request, { executorId: "cke.other.master.01", secrets });
    expect(() => openSecrets(pending, response)).toThrow(/not authentic/);
  });

  test("names what is missing, never a value", () => {
    const pending = createSecretsRequest({ executorId, names: ["etcd.key", "ca.key"] });
    const response = sealSecrets(pending.request, { executorId, secrets });
    expect(() => openSecrets(pending, response)).toThrow(/lacks: ca\.key$/);
  });

  test("the scheduler's refusal carries its reason", () => {
    const pending = createSecretsRequest({ executorId, names: ["x"] });
    expect(() => openSecrets(pending, refuseSecrets(pending.request, "no such cluster"))).toThrow(/no such cluster/);
    expect(() => sealSecrets({ ...pending.request, requestId: "" }, { executorId, secrets })).toThrow(/no id/);
  });
});
