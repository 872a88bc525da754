// The error that a daemon sends in place of an answer: virNetMessageError.
import { LibvirtError } from "../wire/libvirt-error.ts";
import type { XdrReader } from "../wire/xdr-reader.ts";

/** Reads the whole of it, which proves that it is one. Only code, domain and message are of use. */
export function readRefusal(procedure: string, input: XdrReader): LibvirtError {
  const code = input.int("error code");
  const domain = input.int("error domain");
  const message = input.optional("error message", () => input.string("error message"));
  input.int("error level");
  input.optional("error dom", () => [input.string("name"), input.uuid("uuid"), input.int("id")]);
  for (const field of ["str1", "str2", "str3"]) input.optional(field, () => input.string(field));
  input.int("int1");
  input.int("int2");
  input.optional("error net", () => [input.string("name"), input.uuid("uuid")]);
  input.end();
  return new LibvirtError(procedure, code, domain, message ?? `error ${code} without a message`);
}
