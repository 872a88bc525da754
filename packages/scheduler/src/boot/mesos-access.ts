// How this scheduler proves itself to the Mesos masters, and they to it: principal and secret, authorities, a certificate
// of its own. All of them are files, because a command line can be read by everybody on the host.
import { readFile, stat } from "node:fs/promises";
import { CkeError, type Logger, messageOf } from "@cke/foundation";
import type { SchedulerConnectionOptions } from "@cke/mesos";
import type { Flags } from "../flags/flags.ts";

export type MesosAccess = Pick<SchedulerConnectionOptions, "credentials" | "ca" | "certificate">;

type AccessFlags = Pick<
  Flags,
  "mesos_principal" | "mesos_secret_file" | "mesos_ca_file" | "mesos_cert_file" | "mesos_key_file"
>;

/** Looks at nothing but the flags. Throws CkeError `flag_missing` or `flag_invalid` that names the flag. */
export function checkMesosAccess(flags: AccessFlags): void {
  const { mesos_principal: principal, mesos_secret_file: secretFile } = flags;
  const { mesos_cert_file: certFile, mesos_key_file: keyFile } = flags;
  if (secretFile !== undefined && principal === undefined) {
    throw new CkeError("flag_missing", "-mesos_secret_file needs -mesos_principal");
  }
  if (principal?.includes(":") === true && secretFile !== undefined) {
    throw new CkeError(
      "flag_invalid",
      "-mesos_principal must not contain a colon: HTTP basic authentication has no way to send it",
    );
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new CkeError("flag_missing", "-mesos_cert_file and -mesos_key_file go together");
  }
}

/** As `checkMesosAccess`, and for files that do not hold what they should; never with what a file holds. */
export async function readMesosAccess(flags: AccessFlags, logger: Logger): Promise<MesosAccess> {
  checkMesosAccess(flags);
  const { mesos_principal: principal, mesos_secret_file: secretFile, mesos_ca_file: caFile } = flags;
  const { mesos_cert_file: certFile, mesos_key_file: keyFile } = flags;
  const secret = secretFile === undefined ? undefined : await readSecret("mesos_secret_file", secretFile, logger);
  return {
    ...(principal === undefined || secret === undefined ? {} : { credentials: { principal, secret } }),
    ...(caFile === undefined ? {} : { ca: await readPem("mesos_ca_file", caFile, "CERTIFICATE") }),
    ...(certFile === undefined || keyFile === undefined
      ? {}
      : {
          certificate: {
            cert: await readPem("mesos_cert_file", certFile, "CERTIFICATE"),
            key: await readKey("mesos_key_file", keyFile, logger),
          },
        }),
  };
}

/** The file without the line break at its end, as Mesos' own tools read one. */
async function readSecret(flag: string, path: string, logger: Logger): Promise<string> {
  const secret = (await readText(flag, path)).replace(/[\r\n]+$/, "");
  if (secret.trim() === "")
    throw new CkeError("flag_invalid", `-${flag} ${path} is empty: it must hold the principal's secret`);
  await warnWhenShared(flag, path, logger);
  return secret;
}

async function readKey(flag: string, path: string, logger: Logger): Promise<string> {
  const key = await readPem(flag, path, "PRIVATE KEY");
  await warnWhenShared(flag, path, logger);
  return key;
}

async function readPem(flag: string, path: string, kind: string): Promise<string> {
  const text = await readText(flag, path);
  if (new RegExp(`-----BEGIN (?:[A-Z]+ )?${kind}-----`).test(text)) return text;
  throw new CkeError("flag_invalid", `-${flag} ${path} holds no PEM block of a ${kind.toLowerCase()}`);
}

async function warnWhenShared(flag: string, path: string, logger: Logger): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  const shown = `0${mode.toString(8)}`;
  logger.warning(`others can read or change the file of -${flag} (mode ${shown}); chmod 600 it`, { path });
}

async function readText(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CkeError("flag_invalid", `-${flag} ${path}: ${messageOf(error)}`, { cause: error });
  }
}
