import type { Affect, CallOptions } from "../api/call.ts";
import type {
  DefineOptions,
  Domain,
  DomainFilter,
  DomainInfo,
  DomainRef,
  Domains,
  MetadataKind,
  ShutdownMode,
  StartOptions,
  StateWithReason,
  UndefineOptions,
  XmlOptions,
} from "../api/domain.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { domainOf, stateOf, stateWithReason, wireDomain } from "./values/domain-values.ts";
import { affectFlags, flags } from "./values/flags.ts";
import { orMissing } from "./values/missing.ts";

const shutdownModes: Readonly<Record<ShutdownMode, number>> = { default: 0, acpi: 1, "guest-agent": 2 };
/** virDomainMetadataType. */
const metadataKinds: Readonly<Record<MetadataKind["kind"], number>> = { description: 0, title: 1, element: 2 };

export class DomainCalls implements Domains {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async list(filter: DomainFilter = {}, { signal }: CallOptions = {}): Promise<readonly Domain[]> {
    const wanted = flags(
      [filter.active, 1],
      [filter.inactive, 2],
      [filter.persistent, 4],
      [filter.transient, 8],
      [filter.running, 16],
      [filter.paused, 32],
      [filter.shutOff, 64],
      [filter.hasManagedSave, 256],
      [filter.hasManagedSave === false, 512],
      [filter.autostart, 1024],
      [filter.autostart === false, 2048],
      [filter.hasSnapshot, 4096],
      [filter.hasSnapshot === false, 8192],
    );
    const args = { needResults: 1, flags: wanted };
    return (await this.#caller.call(remote.connectListAllDomains, args, signal)).domains.map(domainOf);
  }

  byUuid(uuid: string, { signal }: CallOptions = {}): Promise<Domain | undefined> {
    return orMissing(
      this.#caller.call(remote.domainLookupByUuid, { uuid }, signal).then(({ domain }) => domainOf(domain)),
      "no-domain",
    );
  }

  byName(name: string, { signal }: CallOptions = {}): Promise<Domain | undefined> {
    return orMissing(
      this.#caller.call(remote.domainLookupByName, { name }, signal).then(({ domain }) => domainOf(domain)),
      "no-domain",
    );
  }

  async define(xml: string, { validate, signal }: DefineOptions = {}): Promise<Domain> {
    const args = { xml, flags: flags([validate, 1]) };
    return domainOf((await this.#caller.call(remote.domainDefineXmlFlags, args, signal)).domain);
  }

  async undefine(domain: DomainRef, options: UndefineOptions = {}): Promise<void> {
    const { managedSave, snapshotsMetadata, nvram, tpm, signal } = options;
    const wanted = flags(
      [managedSave, 1],
      [snapshotsMetadata, 2],
      [nvram === "remove", 4],
      [nvram === "keep", 8],
      [tpm === "remove", 32],
      [tpm === "keep", 64],
    );
    await this.#caller.call(remote.domainUndefineFlags, { domain: wireDomain(domain), flags: wanted }, signal);
  }

  async create(xml: string, options: StartOptions & DefineOptions = {}): Promise<Domain> {
    const args = { xml, flags: startFlags(options) + flags([options.validate, 16]) };
    return domainOf((await this.#caller.call(remote.domainCreateXml, args, options.signal)).domain);
  }

  async start(domain: DomainRef, options: StartOptions = {}): Promise<Domain> {
    const args = { domain: wireDomain(domain), flags: startFlags(options) };
    return domainOf((await this.#caller.call(remote.domainCreateWithFlags, args, options.signal)).domain);
  }

  async destroy(
    domain: DomainRef,
    { graceful, signal }: CallOptions & { readonly graceful?: boolean } = {},
  ): Promise<void> {
    const args = { domain: wireDomain(domain), flags: flags([graceful, 1]) };
    await this.#caller.call(remote.domainDestroyFlags, args, signal);
  }

  async shutdown(domain: DomainRef, mode: ShutdownMode = "default", { signal }: CallOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), flags: shutdownModes[mode] };
    await this.#caller.call(remote.domainShutdownFlags, args, signal);
  }

  async reboot(domain: DomainRef, mode: ShutdownMode = "default", { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.domainReboot, { domain: wireDomain(domain), flags: shutdownModes[mode] }, signal);
  }

  async reset(domain: DomainRef, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.domainReset, { domain: wireDomain(domain), flags: 0 }, signal);
  }

  async suspend(domain: DomainRef, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.domainSuspend, { domain: wireDomain(domain) }, signal);
  }

  async resume(domain: DomainRef, { signal }: CallOptions = {}): Promise<void> {
    await this.#caller.call(remote.domainResume, { domain: wireDomain(domain) }, signal);
  }

  async xml(domain: DomainRef, { inactive, secure, migratable, signal }: XmlOptions = {}): Promise<string> {
    const args = { domain: wireDomain(domain), flags: flags([secure, 1], [inactive, 2], [migratable, 8]) };
    return (await this.#caller.call(remote.domainGetXmlDesc, args, signal)).xml;
  }

  async state(domain: DomainRef, { signal }: CallOptions = {}): Promise<StateWithReason> {
    const args = { domain: wireDomain(domain), flags: 0 };
    const { state, reason } = await this.#caller.call(remote.domainGetState, args, signal);
    return stateWithReason(state, reason);
  }

  async info(domain: DomainRef, { signal }: CallOptions = {}): Promise<DomainInfo> {
    const info = await this.#caller.call(remote.domainGetInfo, { domain: wireDomain(domain) }, signal);
    return {
      state: stateOf(info.state),
      maxMemoryKib: info.maxMem,
      memoryKib: info.memory,
      vcpus: info.nrVirtCpu,
      cpuTimeNs: info.cpuTime,
    };
  }

  async isPersistent(domain: DomainRef, { signal }: CallOptions = {}): Promise<boolean> {
    return (
      (await this.#caller.call(remote.domainIsPersistent, { domain: wireDomain(domain) }, signal)).persistent !== 0
    );
  }

  async autostart(domain: DomainRef, { signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#caller.call(remote.domainGetAutostart, { domain: wireDomain(domain) }, signal)).autostart !== 0;
  }

  async setAutostart(domain: DomainRef, autostart: boolean, { signal }: CallOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), autostart: autostart ? 1 : 0 };
    await this.#caller.call(remote.domainSetAutostart, args, signal);
  }

  metadata(
    domain: DomainRef,
    what: MetadataKind,
    { affect, signal }: CallOptions & { readonly affect?: Affect } = {},
  ): Promise<string | undefined> {
    const args = {
      domain: wireDomain(domain),
      type: metadataKinds[what.kind],
      uri: what.kind === "element" ? what.uri : undefined,
      flags: affectFlags(affect),
    };
    return orMissing(
      this.#caller.call(remote.domainGetMetadata, args, signal).then(({ metadata }) => metadata),
      "no-domain-metadata",
    );
  }

  async setMetadata(
    domain: DomainRef,
    what: MetadataKind,
    value: string | undefined,
    { affect, signal }: CallOptions & { readonly affect?: Affect } = {},
  ): Promise<void> {
    const element = what.kind === "element" ? what : undefined;
    const args = {
      domain: wireDomain(domain),
      type: metadataKinds[what.kind],
      metadata: value,
      key: value === undefined ? undefined : element?.key,
      uri: element?.uri,
      flags: affectFlags(affect),
    };
    await this.#caller.call(remote.domainSetMetadata, args, signal);
  }
}

/** virDomainCreateFlags. */
const startFlags = ({ paused, autoDestroy, bypassCache, forceBoot, resetNvram }: StartOptions): number =>
  flags([paused, 1], [autoDestroy, 2], [bypassCache, 4], [forceBoot, 8], [resetNvram, 32]);
