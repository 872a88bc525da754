// A self-signed certificate, made afresh for each test run, so that no key lies in the repository and no
// test breaks on a date. Only as much DER (X.690, RFC 5280) as that needs.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

interface SelfSignedCertificate {
  /** PEM of the PKCS #8 private key. */
  readonly key: string;
  /** PEM of the certificate, which is its own authority. */
  readonly cert: string;
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const long = content.length < 0x100 ? [0x81, content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(content.length < 0x80 ? [content.length] : long)]), content]);
}
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
const octets = (bytes: Uint8Array) => der(0x04, bytes);
const bits = (bytes: Uint8Array) => der(0x03, Buffer.of(0), bytes);
const time = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));

const commonName = oid("550403");
const subjectAltName = oid("551d11");
const basicConstraints = oid("551d13");
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const dayMs = 86_400_000;

/** Valid from yesterday until tomorrow for an IPv4 address; default 127.0.0.1. */
export function selfSignedCertificate({ address = "127.0.0.1" } = {}): SelfSignedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from("scripted Mesos")))));
  const extensions = sequence(
    sequence(subjectAltName, octets(sequence(der(0x87, Buffer.from(address.split(".").map(Number)))))),
    sequence(basicConstraints, octets(sequence(der(0x01, Buffer.of(0xff))))),
  );
  const tbsCertificate = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1), randomBytes(8)),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(Date.now() - dayMs)), time(new Date(Date.now() + dayMs))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const certificate = sequence(tbsCertificate, ecdsaWithSha256, bits(sign("sha256", tbsCertificate, privateKey)));
  const lines = certificate.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
