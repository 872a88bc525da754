import type { Duplex } from "node:stream";
import type { CallOptions } from "../api/call.ts";
import type { ConsoleOptions, Consoles, Screenshot } from "../api/consoles.ts";
import type { DomainRef } from "../api/domain.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { wireDomain } from "./values/domain-values.ts";
import { flags } from "./values/flags.ts";

export class ConsoleCalls implements Consoles {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async open(domain: DomainRef, { device, force, safe, signal }: ConsoleOptions = {}): Promise<Duplex> {
    const args = { domain: wireDomain(domain), devName: device, flags: flags([force, 1], [safe, 2]) };
    return (await this.#caller.stream(remote.domainOpenConsole, args, "both", signal)).stream;
  }

  async openChannel(
    domain: DomainRef,
    name: string,
    { force, signal }: CallOptions & { readonly force?: boolean } = {},
  ): Promise<Duplex> {
    const args = { domain: wireDomain(domain), name, flags: flags([force, 1]) };
    return (await this.#caller.stream(remote.domainOpenChannel, args, "both", signal)).stream;
  }

  async screenshot(
    domain: DomainRef,
    { screen, signal }: CallOptions & { readonly screen?: number } = {},
  ): Promise<Screenshot> {
    const args = { domain: wireDomain(domain), screen: screen ?? 0, flags: 0 };
    const { stream, answer } = await this.#caller.stream(remote.domainScreenshot, args, "read", signal);
    return { mime: answer.mime ?? "application/octet-stream", data: stream };
  }
}
