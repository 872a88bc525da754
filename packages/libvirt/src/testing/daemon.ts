// A private daemon and a connection for the tests of one file.
import { LibvirtServer, type LibvirtServerOptions } from "@cke/test-servers";
import { afterAll, beforeAll, test } from "vitest";
import { connectLibvirt, type Libvirt } from "../index.ts";

const missing = LibvirtServer.missing();
if (missing !== undefined) console.warn(`tests against a real libvirt daemon are skipped: ${missing}`);

/** `test`, skipped where there is no libvirt; the reason is printed once for each file. */
export const daemonTest = test.skipIf(missing !== undefined);

export interface Daemon {
  readonly server: LibvirtServer;
  readonly libvirt: Libvirt;
}

/** One daemon for all tests of a file. The returned function is for within tests. */
export function sharedDaemon(options: LibvirtServerOptions = {}): () => Daemon {
  let daemon: Daemon | undefined;
  beforeAll(async () => {
    if (missing !== undefined) return;
    const server = await LibvirtServer.start(options);
    try {
      const libvirt = await connectLibvirt(server.socketPath, { reconnect: { baseMs: 20, maxMs: 200 } });
      daemon = { server, libvirt };
    } catch (error) {
      await server.stop();
      throw error;
    }
  });
  afterAll(async () => {
    await daemon?.libvirt.close();
    await daemon?.server.stop();
  });
  return () => {
    if (daemon === undefined) throw new Error("no daemon");
    return daemon;
  };
}
