// Parses host:port addresses of flags, and explains why the server cannot listen at one.
import { messageOf } from "@cke/foundation";

/** "0.0.0.0:8512", "[::1]:0", ":8512" (every address) → host and port. The text was accepted by the flag table. */
export function parseListen(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return { host: host === "" ? "0.0.0.0" : host, port: Number(address.slice(colon + 1)) };
}

const explanations: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "the port is taken by another process (ss -ltnp shows by which); stop that one, or choose another address",
  EACCES: "this user may not use the port; choose one above 1023",
  EADDRNOTAVAIL: "this host does not have the address",
  ENOTFOUND: "the host name is unknown",
};

/** The reason why the server cannot listen, and what to do; undefined for any other error. */
export function listenProblem(error: unknown): string | undefined {
  const code = /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND)\b/.exec(messageOf(error))?.[1];
  return code === undefined ? undefined : explanations[code];
}
