// TLS to the API server and to etcd of a master, on a tunnel to its loopback.
import type { Duplex } from "node:stream";
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from "node:tls";
import { issueLeaf } from "../pki/certificate.ts";
import type { ClusterAuthorities } from "../pki/key-material.ts";

/** A name that the certificates of both have. */
const servername = "localhost";

/** `certificate`: with a client certificate that has all rights, made for this connection. */
export function tlsOptions(
  authorities: ClusterAuthorities,
  service: "apiserver" | "etcd",
  certificate: boolean,
  now: number,
): ConnectionOptions {
  const authority = service === "etcd" ? authorities.etcd : authorities.kubernetes;
  const ca = authority.certificate;
  const trust: ConnectionOptions = { ca, servername, minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] };
  if (!certificate) return trust;
  const subject = { commonName: "cke-scheduler", organization: "system:masters" };
  const issued = issueLeaf(authority, { subject, usages: ["client"], now });
  return { ...trust, cert: issued.certificate, key: issued.privateKey };
}

/** The tunnel with TLS on it. What of it fails ends the tunnel. */
export async function secured(tunnel: Duplex, options: ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  const connection = tlsConnect({ ...options, socket: tunnel });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  connection.once("secureConnect", resolve);
  // It stays: whoever uses the connection gets its error too, and between two requests nobody does.
  connection.on("error", reject);
  connection.once("close", () => reject(new Error("the connection was closed before TLS was agreed on")));
  tunnel.once("error", (error) => void connection.destroy(error));
  connection.once("close", () => void tunnel.destroy());
  try {
    if (signal.aborted) throw signal.reason;
    await promise;
    return connection;
  } catch (error) {
    connection.destroy();
    tunnel.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
