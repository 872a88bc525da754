import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogContext, silentLogger } from "@cke/foundation";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readMesosAccess } from "./mesos-access.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-access-"));
});
afterEach(() => rm(directory, { recursive: true }));

const nothing = {
  mesos_principal: undefined,
  mesos_secret_file: undefined,
  mesos_ca_file: undefined,
  mesos_cert_file: undefined,
  mesos_key_file: undefined,
};
const secret = "hunter2";
const pem = (kind: string) =>
  `-----BEGIN ${kind}-----\n${Buffer.from(secret).toString("base64")}\n-----END ${kind}-----\n`;

async function file(text: string, mode = 0o600): Promise<string> {
  const path = join(directory, `f${Math.random()}`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

async function read(flags: Partial<typeof nothing | Record<keyof typeof nothing, string>>) {
  const warnings: string[] = [];
  const warning = (text: string, fields?: LogContext) => void warnings.push(`${text} ${JSON.stringify(fields ?? {})}`);
  const access = await readMesosAccess({ ...nothing, ...flags }, { ...silentLogger, warning });
  return { access, warnings };
}

describe("B23: secrets come from files", () => {
  test("B23: without flags there is nothing", async () => {
    expect(await read({})).toEqual({ access: {}, warnings: [] });
    expect(await read({ mesos_principal: "me" })).toEqual({ access: {}, warnings: [] });
  });

  test.each(["hunter2", "hunter2\n", "hunter2\r\n"])(
    "B23: the secret of %j is without the line break",
    async (text) => {
      const { access, warnings } = await read({ mesos_principal: "me", mesos_secret_file: await file(text) });
      expect(access).toEqual({ credentials: { principal: "me", secret } });
      expect(warnings).toEqual([]);
    },
  );

  test("B23: spaces belong to a secret", async () => {
    const { access } = await read({ mesos_principal: "me", mesos_secret_file: await file(" a b \n") });
    expect(access.credentials?.secret).toBe(" a b ");
  });

  test.each([0o644, 0o640, 0o604, 0o622])(
    "B23: a file that others can get at (%o) is warned of, without its content",
    async (mode) => {
      const { warnings } = await read({ mesos_principal: "me", mesos_secret_file: await file(secret, mode) });
      expect(warnings).toEqual([
        expect.stringContaining(`-mesos_secret_file (mode 0${mode.toString(8)}); chmod 600 it`),
      ]);
      expect(warnings.join()).not.toContain(secret);
    },
  );

  test("B23: certificate, key and authorities", async () => {
    const [cert, key] = [await file(pem("CERTIFICATE"), 0o644), await file(pem("EC PRIVATE KEY"), 0o644)];
    const { access, warnings } = await read({ mesos_ca_file: cert, mesos_cert_file: cert, mesos_key_file: key });
    expect(access).toEqual({
      ca: pem("CERTIFICATE"),
      certificate: { cert: pem("CERTIFICATE"), key: pem("EC PRIVATE KEY") },
    });
    expect(warnings).toEqual([expect.stringContaining("-mesos_key_file (mode 0644)")]);
  });

  test.each<[string, () => Promise<Partial<typeof nothing | Record<keyof typeof nothing, string>>>, RegExp]>([
    ["a secret without a principal", async () => ({ mesos_secret_file: "x" }), /needs -mesos_principal/],
    ["an empty file", async () => ({ mesos_principal: "me", mesos_secret_file: await file("\n") }), /is empty/],
    [
      "a missing file",
      async () => ({ mesos_principal: "me", mesos_secret_file: "/nowhere/x" }),
      /-mesos_secret_file .*ENOENT/,
    ],
    ["a principal with a colon", async () => ({ mesos_principal: "a:b", mesos_secret_file: await file("x") }), /colon/],
    ["a certificate without a key", async () => ({ mesos_cert_file: await file(pem("CERTIFICATE")) }), /go together/],
    ["authorities that are none", async () => ({ mesos_ca_file: await file(secret) }), /no PEM block of a certificate/],
    [
      "a key that is none",
      async () => ({ mesos_cert_file: await file(pem("CERTIFICATE")), mesos_key_file: await file(pem("CERTIFICATE")) }),
      /-mesos_key_file .* no PEM block of a private key/,
    ],
  ])("B23: %s is refused by the flag's name", async (_what, flags, words) => {
    const reading = read(await flags());
    await expect(reading).rejects.toThrow(words);
    await expect(reading).rejects.not.toThrow(secret);
  });
});
