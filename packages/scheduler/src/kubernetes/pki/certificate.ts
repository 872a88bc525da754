// X.509 v3 certificates (RFC 5280) with ECDSA P-256 keys. A scheduler makes fifteen for a cluster of four nodes: they are
// written as bytes here, for a library takes ten times as long (docs/decisions/x509.md). Backdated by five minutes for clock
// skew between hosts. Names are lists of attributes, so nothing needs escaping.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octets,
  sequence,
  set,
  time,
  utf8,
  valuesIn,
} from "./der.ts";
import type { CertificateAndKey } from "./key-material.ts";

const authorityYears = 10;
export const leafYears = 5;
const backdateMs = 5 * 60_000;
const yearMs = 365.25 * 24 * 3_600_000;

export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
}

export interface LeafOptions {
  readonly subject: Subject;
  readonly usages: readonly ("server" | "client")[];
  /** DNS names and IP addresses; duplicates are dropped. */
  readonly names?: readonly string[];
  /** UNIX time in milliseconds. */
  readonly now: number;
}

const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const usageOf = { server: objectIdentifier("1.3.6.1.5.5.7.3.1"), client: objectIdentifier("1.3.6.1.5.5.7.3.2") };
const attributes = { commonName: "2.5.4.3", organization: "2.5.4.10" } as const;
/** Bits from the left: digitalSignature for leaves; digitalSignature, keyCertSign and cRLSign for authorities. */
const leafUsage = bits(Buffer.from([0b1000_0000]), 7);
const authorityUsage = bits(Buffer.from([0b1000_0110]), 1);

/** 127 random bits, positive: RFC 5280 §4.1.2.2 allows at most 20 octets and forbids negative serial numbers. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes.readUInt8(0) & 0x7f) | 0x40;
  return integer(bytes);
}

function distinguishedName({ organization, commonName }: Subject): Buffer {
  const attribute = (type: string, text: string) => set(sequence(objectIdentifier(type), utf8(text)));
  const name = attribute(attributes.commonName, commonName);
  return organization === undefined ? sequence(name) : sequence(attribute(attributes.organization, organization), name);
}

function extension(type: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(type), ...(critical ? [boolean(true)] : []), octets(value));
}

/** The bytes of an IP address, as a certificate contains them. */
function addressBytes(ip: string): Buffer {
  if (isIP(ip) === 4) return Buffer.from(ip.split(".").map(Number));
  // A URL contains the shortest form of an address: groups in hexadecimal, and "::" for the zeros.
  const [head = "", tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - left.length - right.length }, () => "0");
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, "0")).join(""), "hex");
}

const alternativeName = (name: string) =>
  isIP(name) === 0 ? implicit(2, Buffer.from(name, "ascii")) : implicit(7, addressBytes(name));

/** SHA-1 of the public key's bits, as RFC 5280 §4.2.1.2 suggests. It names the key and need not be secure. */
function keyIdentifier(publicKey: Buffer): Buffer {
  const [info] = valuesIn(publicKey);
  const key = valuesIn(info?.contents ?? Buffer.alloc(0))[1]?.contents;
  if (key === undefined) throw new TypeError("a public key without bits");
  return createHash("sha1").update(key.subarray(1)).digest();
}

interface Issuer {
  /** The authority's name as DER, byte by byte. */
  readonly name: Buffer;
  readonly publicKey: Buffer;
  readonly notAfterMs: number;
}

/** The issuer of an authority's certificate, also of one that an older version of CKE made. */
function issuerOf(certificate: string): Issuer {
  const [whole] = valuesIn(fromPem(certificate));
  const [body] = valuesIn(whole?.contents ?? Buffer.alloc(0));
  const [, , , , validity, name, publicKey] = valuesIn(body?.contents ?? Buffer.alloc(0));
  const notAfter = valuesIn(validity?.contents ?? Buffer.alloc(0))[1];
  if (name === undefined || publicKey === undefined || notAfter === undefined)
    throw new TypeError("the authority's certificate cannot be read");
  return { name: name.whole, publicKey: publicKey.whole, notAfterMs: readTime(notAfter.contents.toString("ascii")) };
}

/** `YYMMDDhhmmssZ` or with four digits of the year. */
function readTime(text: string): number {
  const full = text.length === 13 ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** PEM of DER bytes. */
function toPem(label: "PRIVATE KEY" | "PUBLIC KEY" | "CERTIFICATE", der: ArrayBuffer | Uint8Array): string {
  const bytes = der instanceof Uint8Array ? Buffer.from(der.buffer, der.byteOffset, der.byteLength) : Buffer.from(der);
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function fromPem(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
}

function newKeys(): { readonly publicKey: Buffer; readonly privateKey: string } {
  const publicKeyEncoding = { type: "spki", format: "der" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  return generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding, privateKeyEncoding });
}

function keysOf(privateKey: string): { readonly publicKey: Buffer; readonly privateKey: string } {
  return { publicKey: createPublicKey(privateKey).export({ type: "spki", format: "der" }), privateKey };
}

interface Content {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly extensions: readonly Buffer[];
}

/** `signingKey`: PEM of the issuer. */
function signed(content: Content, signingKey: string): string {
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    serialNumber(),
    ecdsaWithSha256,
    content.issuer,
    sequence(time(content.notBeforeMs), time(content.notAfterMs)),
    content.subject,
    content.publicKey,
    explicit(3, sequence(...content.extensions)),
  );
  return toPem("CERTIFICATE", sequence(body, ecdsaWithSha256, bits(sign("sha256", body, signingKey))));
}

/** A self-signed authority that can issue leaf certificates only (path length 0). */
export function createAuthority(commonName: string, now: number): CertificateAndKey {
  const { publicKey, privateKey } = newKeys();
  const name = distinguishedName({ commonName });
  const content = {
    issuer: name,
    subject: name,
    publicKey,
    notBeforeMs: now - backdateMs,
    notAfterMs: now + authorityYears * yearMs,
    extensions: [
      extension("2.5.29.19", true, sequence(boolean(true), integer(Buffer.from([0])))),
      extension("2.5.29.15", true, authorityUsage),
      extension("2.5.29.14", false, octets(keyIdentifier(publicKey))),
    ],
  };
  return { certificate: signed(content, privateKey), privateKey };
}

/**
 * A leaf certificate with a fresh key, or for the key that is given (PEM), signed by `authority`. Takes some 0.3 ms of a processor.
 */
export function issueLeaf(authority: CertificateAndKey, options: LeafOptions, key?: string): CertificateAndKey {
  const issuer = issuerOf(authority.certificate);
  const { publicKey, privateKey } = key === undefined ? newKeys() : keysOf(key);
  const names = [...new Set(options.names ?? [])];
  const content = {
    issuer: issuer.name,
    subject: distinguishedName(options.subject),
    publicKey,
    notBeforeMs: options.now - backdateMs,
    notAfterMs: Math.min(options.now + leafYears * yearMs, issuer.notAfterMs),
    extensions: [
      extension("2.5.29.19", true, sequence()),
      extension("2.5.29.15", true, leafUsage),
      extension("2.5.29.37", false, sequence(...options.usages.map((name) => usageOf[name]))),
      ...(names.length === 0 ? [] : [extension("2.5.29.17", false, sequence(...names.map(alternativeName)))]),
      extension("2.5.29.14", false, octets(keyIdentifier(publicKey))),
      extension("2.5.29.35", false, sequence(implicit(0, keyIdentifier(issuer.publicKey)))),
    ],
  };
  return { certificate: signed(content, authority.privateKey), privateKey };
}
