// Generated from packages/libvirt/description/libvirt.rpc by scripts/generate-libvirt.ts: do not edit.
import { type Procedure } from "../wire/procedure.ts";
import { type Domain, writeDomain } from "./records.ts";

export const qemuProgram = 0x20008087;

/** virDomainQemuMonitorCommand, since 0.8.3. */
export const domainMonitorCommand: Procedure<{ readonly domain: Domain; readonly cmd: string; readonly flags: number }, { readonly result: string }> = {
  program: 0x20008087, version: 1, number: 1, name: "virDomainQemuMonitorCommand", since: "0.8.3", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.cmd, "cmd"); output.uint(value.flags, "flags"); },
  read: (input) => ({ result: input.string("result") }),
};

/** virDomainQemuAgentCommand, since 0.10.0. */
export const domainAgentCommand: Procedure<{ readonly domain: Domain; readonly cmd: string; readonly timeout: number; readonly flags: number }, { readonly result: string | undefined }> = {
  program: 0x20008087, version: 1, number: 3, name: "virDomainQemuAgentCommand", since: "0.10.0", slow: true,
  write: (value, output) => { writeDomain(output, value.domain); output.string(value.cmd, "cmd"); output.int(value.timeout, "timeout"); output.uint(value.flags, "flags"); },
  read: (input) => ({ result: input.optional("result", () => input.string("result")) }),
};
