// host:port addresses as flags have them.

/** "0.0.0.0:8512", "[::1]:0", ":8512" (every address) → host and port. The text was accepted by the flag table. */
export function parseListen(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return { host: host === "" ? "0.0.0.0" : host, port: Number(address.slice(colon + 1)) };
}
