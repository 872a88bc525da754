// The first words with a daemon: authentication, keepalive, and which driver is asked.
import type { Clock } from "@cke/foundation/clock";
import { authList, connectOpen, connectSupportsFeature } from "../generated/remote.ts";
import { LibvirtConnectionError, LibvirtError } from "../wire/libvirt-error.ts";
import { type ConnectionHandlers, RpcConnection } from "./connection.ts";
import type { KeepaliveOptions } from "./keepalive.ts";

/** virDrvFeature: the daemon answers signs of life, and asks for them. */
const keepaliveFeature = 10;
/** Longer than a daemon takes that adopts many guests when it starts. */
const openingMs = 120_000;

export interface OpenOptions {
  readonly path: string;
  readonly uri: string;
  /** Missing: no signs of life. A stream whose reader waits must not be ended for that. */
  readonly keepalive?: KeepaliveOptions | undefined;
  readonly clock?: Clock | undefined;
}

/** Connects and opens the driver. Rejects with a LibvirtError when the daemon refuses it. */
export async function openConnection(
  { path, uri, keepalive, clock }: OpenOptions,
  handlers: ConnectionHandlers,
  signal?: AbortSignal,
): Promise<RpcConnection> {
  const connection = await RpcConnection.dial(path, handlers, { signal, clock });
  const late = setTimeout(
    () => connection.close(new LibvirtConnectionError(`the libvirt daemon at ${path} does not answer`)),
    openingMs,
  );
  try {
    const { types } = await connection.call(authList, {}, signal);
    if (!types.includes(0))
      throw new LibvirtError(
        "virConnectOpen",
        45,
        7,
        `the daemon at ${path} asks for authentication (${types.map((type) => authNames[type] ?? type).join(", ")}), which this client does not do: run as root, or set auth_unix_rw = "none" in libvirtd.conf`,
      );
    if (keepalive !== undefined) {
      const { supported } = await connection.call(connectSupportsFeature, { feature: keepaliveFeature }, signal);
      if (supported !== 0) connection.startKeepalive(keepalive);
    }
    await connection.call(connectOpen, { name: uri, flags: 0 }, signal);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

const authNames: Readonly<Record<number, string>> = { 1: "SASL", 2: "polkit" };
