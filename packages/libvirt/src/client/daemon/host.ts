import type { CallOptions } from "../../api/call.ts";
import type { DomainCapabilitiesQuery, Host, LibraryVersion, NodeInfo } from "../../api/daemon/host.ts";
import * as remote from "../../generated/remote.ts";
import type { Caller } from "../../rpc/caller.ts";

/** libvirt's numbers of versions: major * 1000000 + minor * 1000 + release. */
export const versionOf = (number: number): LibraryVersion => ({
  text: [Math.floor(number / 1_000_000), Math.floor(number / 1_000) % 1_000, number % 1_000].join("."),
  number,
});

export class HostCalls implements Host {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async libvirtVersion({ signal }: CallOptions = {}): Promise<LibraryVersion> {
    return versionOf((await this.#caller.call(remote.connectGetLibVersion, {}, signal)).libVer);
  }

  async hypervisorVersion({ signal }: CallOptions = {}): Promise<LibraryVersion> {
    return versionOf((await this.#caller.call(remote.connectGetVersion, {}, signal)).hvVer);
  }

  async hostname({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#caller.call(remote.connectGetHostname, {}, signal)).hostname;
  }

  async uri({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#caller.call(remote.connectGetUri, {}, signal)).uri;
  }

  async nodeInfo({ signal }: CallOptions = {}): Promise<NodeInfo> {
    const info = await this.#caller.call(remote.nodeGetInfo, {}, signal);
    return {
      model: info.model,
      memoryKib: info.memory,
      cpus: info.cpus,
      mhz: info.mhz,
      numaNodes: info.nodes,
      socketsPerNode: info.sockets,
      coresPerSocket: info.cores,
      threadsPerCore: info.threads,
    };
  }

  async freeMemory({ signal }: CallOptions = {}): Promise<number> {
    return (await this.#caller.call(remote.nodeGetFreeMemory, {}, signal)).freeMem;
  }

  async capabilities({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#caller.call(remote.connectGetCapabilities, {}, signal)).capabilities;
  }

  async domainCapabilities(query: DomainCapabilitiesQuery = {}): Promise<string> {
    const { emulator, arch, machine, virtType, signal } = query;
    const args = { emulatorbin: emulator, arch, machine, virttype: virtType, flags: 0 };
    return (await this.#caller.call(remote.connectGetDomainCapabilities, args, signal)).capabilities;
  }
}
