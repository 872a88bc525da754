// cke-scheduler as a process at a master over TLS that asks for a client certificate, a principal and its secret.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScriptedMesos } from "@cke/mesos/testing/scripted-mesos";
import { selfSignedCertificate } from "@cke/mesos/testing/self-signed-certificate";
import { expect, test } from "vitest";

const main = join(import.meta.dirname, "../main.ts");
const configurations = join(import.meta.dirname, "../../../../default_cfg");
const secret = "hunter2-is-secret";

test("B23: principal, secret, authorities and certificate are used, and the secret is in no command line and no log", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cke-access-"));
  const [server, client] = [selfSignedCertificate(), selfSignedCertificate()];
  const tls = { ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true };
  const mesos = await ScriptedMesos.start({ tls });
  const file = async (name: string, text: string, mode = 0o600) => {
    await writeFile(join(directory, name), text, { mode });
    return join(directory, name);
  };
  const child = spawn(
    process.execPath,
    [
      ...[main, "-listen", "127.0.0.1:0", "-k8s_config", configurations, "-k8s_registry_cert=", "-log_level", "debug"],
      ...["-master", `https://127.0.0.1:${mesos.port}`, "-mesos_ca", await file("ca.pem", server.cert)],
      ...[
        "-mesos_cert_file",
        await file("cert.pem", client.cert),
        "-mesos_key_file",
        await file("key.pem", client.key),
      ],
      ...["-mesos_principal", "me", "-mesos_secret_file", await file("secret", `${secret}\n`, 0o644)],
    ],
    { env: { PATH: process.env.PATH ?? "" }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const closed = once(child, "close");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  try {
    const refused = await mesos.subscriptions.next(undefined, 240_000);
    const authorization = `Basic ${Buffer.from(`me:${secret}`).toString("base64")}`;
    expect(refused.call.headers.authorization).toBe(authorization);
    expect(refused.call.body).toMatchObject({ subscribe: { framework_info: { principal: "me", checkpoint: true } } });
    refused.answer({ status: 401, text: "401 Unauthorized." });
    const taken = await mesos.subscriptions.next(undefined, 240_000);
    taken.accept({
      type: "SUBSCRIBED",
      subscribed: { framework_id: { value: "f-1" }, heartbeat_interval_seconds: 15 },
    });
    await mesos.calls.next(undefined, 240_000);
    const commandLine = await readFile(`/proc/${child.pid}/cmdline`, "utf8");
    child.kill("SIGTERM");
    await closed;
    expect(output).toMatch(/does not accept principal \\"me\\" with its secret: check -mesos_principal/);
    expect(output).toMatch(/others can read or change the file of -mesos_secret_file \(mode 0644\)/);
    for (const text of [output, commandLine, JSON.stringify(taken.call.body)]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(`me:${secret}`).toString("base64"));
    }
  } finally {
    child.kill("SIGKILL");
    await closed;
    await mesos.close();
    await rm(directory, { recursive: true });
  }
});
