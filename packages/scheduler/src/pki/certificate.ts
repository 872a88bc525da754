// X.509 v3 certificates with ECDSA P-256 keys, made with WebCrypto; the X.509 library is loaded at first use only.
// Backdated by five minutes for clock skew between hosts. Names are given as attribute lists, so nothing needs escaping.
import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type { CertificateAndKey } from "./types.ts";

export const authorityYears = 10;
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

const keyAlgorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;

async function loadX509() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

/** 127 random bits, positive: RFC 5280 §4.1.2.2 allows at most 20 octets and forbids negative serial numbers. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes.readUInt8(0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function distinguishedName(subject: Subject): Record<string, string[]>[] {
  const name = [{ CN: [subject.commonName] }];
  return subject.organization === undefined ? name : [{ O: [subject.organization] }, ...name];
}

/** PEM (PKCS#8 or SPKI) of DER bytes. */
export function toPem(label: "PRIVATE KEY" | "PUBLIC KEY", der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function fromPem(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
}

/** Ends a PEM text with exactly one newline, so that texts can be concatenated into bundles. */
function withNewline(pem: string): string {
  return `${pem.trim()}\n`;
}

/** A self-signed authority that can issue leaf certificates only (path length 0). */
export async function createAuthority(commonName: string, now: number): Promise<CertificateAndKey> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: distinguishedName({ commonName }),
      notBefore: new Date(now - backdateMs),
      notAfter: new Date(now + authorityYears * yearMs),
      signingAlgorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const privateKey = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificate: withNewline(certificate.toString("pem")), privateKey: toPem("PRIVATE KEY", privateKey) };
}

/** A leaf certificate with a fresh key, signed by `authority`. */
export async function issueLeaf(authority: CertificateAndKey, options: LeafOptions): Promise<CertificateAndKey> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", fromPem(authority.privateKey), keyAlgorithm, false, [
    "sign",
  ]);
  const issuerKey = await issuer.publicKey.export(webcrypto);
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
  const names = [...new Set(options.names ?? [])];
  const alternative = names.map((name) => ({
    type: isIP(name) === 0 ? ("dns" as const) : ("ip" as const),
    value: name,
  }));
  const usage = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: distinguishedName(options.subject),
      issuer: issuer.subjectName,
      notBefore: new Date(options.now - backdateMs),
      notAfter: new Date(Math.min(options.now + leafYears * yearMs, issuer.notAfter.getTime())),
      signingAlgorithm,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(options.usages.map((name) => usage[name])),
        ...(alternative.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternative)]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(issuerKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const privateKey = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificate: withNewline(certificate.toString("pem")), privateKey: toPem("PRIVATE KEY", privateKey) };
}
