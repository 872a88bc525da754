// The script `cke-network` of the image. `register` against an API server without CPU time: real curl, real sockets. `publish` with
// real files.
import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../images/kube-node/rootfs/usr/local/bin/cke-network", import.meta.url));

test("an API server that answers after 11 s is waited for: the one-shot does not fail and begin anew", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-network-"));
  let body = "";
  const server = createServer((request, response) => {
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => setTimeout(() => response.end("{}"), 11_000));
  });
  try {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    // This machine has no node certificates at their fixed path, so curl runs without them.
    const curl = join(directory, "curl");
    writeFileSync(
      curl,
      `#!/bin/bash\nargs=()\nwhile (($#)); do case $1 in --cacert|--cert|--key) shift 2 ;; *) args+=("$1"); shift ;; esac; done\nPATH=\${PATH#*:}\nexec curl "\${args[@]}"\n`,
    );
    chmodSync(curl, 0o755);
    await promisify(execFile)("sh", [script, "register"], {
      env: {
        PATH: `${directory}:${process.env.PATH}`,
        POD_CIDR: "10.244.1.0/24",
        NODE_NAME: "node0",
        APISERVER_URL: `http://127.0.0.1:${address.port}`,
      },
    });
    expect(JSON.parse(body)).toEqual({ spec: { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"] } });
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  }
});

test("the runtime gets the pod network when it is ready and the images are there, whichever comes last", async () => {
  const root = mkdtempSync(join(tmpdir(), "cke-network-"));
  const images = join(root, "run/cke/images-loaded");
  const ready = join(root, "run/cke/pod-network.conflist");
  const networks = join(root, "etc/cni/net.d");
  const published = join(networks, "10-cke.conflist");
  const publish = () =>
    promisify(execFile)("sh", [script, "publish"], { env: { PATH: process.env.PATH, CKE_ROOT: root } });
  try {
    mkdirSync(join(root, "run/cke"), { recursive: true });
    mkdirSync(networks, { recursive: true });
    for (const [first, second] of [
      [images, ready],
      [ready, images],
    ] as const) {
      await publish();
      writeFileSync(first, "the network\n");
      await publish();
      expect(existsSync(published)).toBe(false);
      writeFileSync(second, "the network\n");
      // Both scripts may come to it at the same time.
      await Promise.all([publish(), publish()]);
      expect(readFileSync(published, "utf8")).toBe("the network\n");
      expect(readdirSync(networks)).toEqual(["10-cke.conflist"]);
      for (const file of [images, ready, published]) rmSync(file);
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("where policies are enforced, the runtime gets the pod network only when that was seen", async () => {
  const root = mkdtempSync(join(tmpdir(), "cke-network-"));
  const publish = () =>
    promisify(execFile)("sh", [script, "publish"], { env: { PATH: process.env.PATH, CKE_ROOT: root } });
  const put = (path: string) => writeFileSync(join(root, path), "the network\n");
  try {
    for (const directory of ["run/cke", "etc/cni/net.d", "etc/kubernetes"])
      mkdirSync(join(root, directory), { recursive: true });
    for (const file of ["run/cke/images-loaded", "run/cke/pod-network.conflist", "etc/kubernetes/felix.kubeconfig"])
      put(file);
    await publish();
    expect(readdirSync(join(root, "etc/cni/net.d"))).toEqual([]);
    put("run/cke/policies-enforced");
    await publish();
    expect(readdirSync(join(root, "etc/cni/net.d"))).toEqual(["10-cke.conflist"]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
