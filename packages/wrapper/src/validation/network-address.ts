// "host:port" and "[v6]:port", as Go's net package writes addresses. Pure.

export interface NetworkAddress {
  readonly host: string;
  readonly port: number;
}

/** Undefined when the text is not an address with a port of 1..65535. */
export function parseAddress(text: string): NetworkAddress | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65_535)) return undefined;
  return { host, port };
}
