// A temporary certificate authority with a server and a client certificate for 127.0.0.1, made with openssl.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of PEM files. */
export interface TlsFiles {
  readonly authority: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** Makes the files in `directory`. The caller removes it. */
export function makeTlsFiles(directory: string): TlsFiles {
  const at = (name: string) => join(directory, name);
  const openssl = (...argv: string[]) => execFileSync("openssl", argv, { stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"];
  openssl("req", "-x509", "-days", "2", "-subj", "/CN=test authority", ...key, at("ca.key"), "-out", at("ca.crt"));
  for (const [name, usage] of [
    ["server", "serverAuth,clientAuth"],
    ["client", "clientAuth"],
  ] as const) {
    openssl("req", "-subj", `/O=cke test/OU=${name}`, ...key, at(`${name}.key`), "-out", at(`${name}.csr`));
    writeFileSync(at("ext"), `subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=${usage}\n`);
    const signer = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
    openssl("x509", "-req", "-in", at(`${name}.csr`), ...signer, "-extfile", at("ext"), "-out", at(`${name}.crt`));
  }
  return {
    authority: at("ca.crt"),
    serverCertificate: at("server.crt"),
    serverKey: at("server.key"),
    clientCertificate: at("client.crt"),
    clientKey: at("client.key"),
  };
}

/** The files that a TLS client needs. */
export function readTlsFiles(files: TlsFiles): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } {
  return {
    ca: readFileSync(files.authority),
    cert: readFileSync(files.clientCertificate),
    key: readFileSync(files.clientKey),
  };
}
