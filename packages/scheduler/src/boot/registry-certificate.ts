// The Docker registry's certificate behind -k8s_registry_cert: a local file or an http(s) URL, PEM.
// A certificate that was asked for must be there; the default path may be missing, which is only a warning.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CkeError, type Logger, messageOf } from "@cke/foundation";

export interface RegistryCertificateOptions {
  /** File path or URL; "" is none. */
  readonly source: string;
  /** True when an operator set the flag, false for its default. */
  readonly configured: boolean;
  /** Time for a download in milliseconds; default 10 s. */
  readonly timeoutMs?: number;
}

const maxBytes = 1 << 20;

/**
 * The PEM bytes; undefined when there is none. Throws CkeErrors that name the flag: `flag_invalid` for a file that is not
 * there or is no certificate, `registry_certificate` for a URL that answers otherwise, which may pass.
 */
export async function loadRegistryCertificate(
  options: RegistryCertificateOptions,
  logger: Logger,
): Promise<Uint8Array | undefined> {
  const { source, configured, timeoutMs = 10_000 } = options;
  if (source === "") return undefined;
  const isUrl = /^https?:\/\//i.test(source);
  const code = isUrl ? "registry_certificate" : "flag_invalid";
  let bytes: Uint8Array;
  try {
    bytes = isUrl ? await download(source, timeoutMs) : await readFile(source);
  } catch (error) {
    if (configured) throw failure(source, messageOf(error), error, code);
    logger.warning("no registry certificate: KubeNodes will trust public authorities only", { path: source });
    return undefined;
  }
  try {
    new X509Certificate(bytes);
  } catch (error) {
    throw failure(source, "it is no PEM certificate", error, code);
  }
  return new Uint8Array(bytes);
}

async function download(url: string, timeoutMs: number): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new CkeError("registry_certificate", `the server answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > maxBytes) throw new CkeError("registry_certificate", `it is larger than ${maxBytes} bytes`);
  return bytes;
}

function failure(source: string, words: string, cause: unknown, code: string): CkeError {
  return new CkeError(code, `-k8s_registry_cert ${source}: ${words}`, { cause });
}
