// Addresses to listen on, as flags and options give them: `host:port`, or a host alone, whose port is Mesos' 5050.

const defaultPort = 5050;

/** True for what `splitAddress` understands. */
export function isListenAddress(text: string): boolean {
  const match = /^[^\s:/]+(?::(\d{1,5}))?$/.exec(text);
  return match !== null && Number(match[1] ?? 0) <= 65_535;
}

/** Splits `host:port`. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  if (colon < 0) return { host: address, port: defaultPort };
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
