// The errors with which a call of libvirt may end.
import { boundedText } from "@cke/foundation/bounded-text";
import { CkeError } from "@cke/foundation/cke-error";

/** libvirt's error numbers by name, for those that callers tell apart. virErrorNumber of libvirt's virterror.h. */
const codeNames = {
  1: "internal-error",
  2: "no-memory",
  3: "no-support",
  8: "invalid-argument",
  9: "operation-failed",
  27: "xml-error",
  28: "domain-exists",
  29: "operation-denied",
  35: "xml-error",
  38: "system-error",
  39: "rpc",
  42: "no-domain",
  45: "authentication-failed",
  49: "no-storage-pool",
  50: "no-storage-volume",
  55: "operation-invalid",
  62: "no-nwfilter",
  63: "firewall-failed",
  67: "config-unsupported",
  68: "operation-timeout",
  70: "hook-failed",
  72: "no-snapshot",
  74: "argument-unsupported",
  77: "snapshot-revert-risky",
  78: "operation-aborted",
  80: "no-domain-metadata",
  81: "migrate-unsafe",
  83: "block-copy-active",
  84: "operation-unsupported",
  86: "agent-unresponsive",
  87: "resource-busy",
  88: "access-denied",
  90: "storage-volume-exists",
  91: "cpu-incompatible",
  92: "xml-invalid-schema",
  97: "agent-unsynced",
  99: "device-missing",
} as const;

export type LibvirtErrorName = (typeof codeNames)[keyof typeof codeNames] | "other";

const isKnown = (code: number): code is keyof typeof codeNames => code in codeNames;

/** Trying again later can succeed: the guest or the daemon was busy. */
const passing: ReadonlySet<LibvirtErrorName> = new Set([
  "operation-timeout",
  "resource-busy",
  "agent-unresponsive",
  "agent-unsynced",
]);

/** The daemon refused a call. `code` of the base is `libvirt_<name>`, for example `libvirt_no_domain`. */
export class LibvirtError extends CkeError {
  /** libvirt's error, `other` when this package has no name for it. */
  readonly reason: LibvirtErrorName;
  /** virErrorNumber. */
  readonly number: number;
  /** virErrorDomain: the part of libvirt that refused (10 QEMU, 7 RPC, 20 domain, 18 storage, …). */
  readonly domain: number;

  constructor(procedure: string, number: number, domain: number, message: string) {
    const reason = isKnown(number) ? codeNames[number] : "other";
    super(`libvirt_${reason.replaceAll("-", "_")}`, `${procedure}: ${boundedText(message)}`, {
      retryable: passing.has(reason),
    });
    this.reason = reason;
    this.number = number;
    this.domain = domain;
  }
}

/** There is no connection to the daemon, or it broke. */
export class LibvirtConnectionError extends CkeError {
  /** True when the call had been sent: the daemon may have carried it out. */
  readonly sent: boolean;

  constructor(message: string, options: { readonly sent?: boolean; readonly cause?: unknown } = {}) {
    super("libvirt_unreachable", message, { retryable: true, status: 503, cause: options.cause });
    this.sent = options.sent ?? false;
  }
}

/** The daemon sent what its protocol does not allow. The connection is given up, and made anew. */
export class LibvirtProtocolError extends CkeError {
  constructor(message: string) {
    super("libvirt_protocol", `the libvirt daemon broke its protocol: ${message}`, { retryable: true });
  }
}

/** True for a refusal with one of these reasons. */
export function isLibvirtError(error: unknown, ...reasons: readonly LibvirtErrorName[]): error is LibvirtError {
  return error instanceof LibvirtError && (reasons.length === 0 || reasons.includes(error.reason));
}
