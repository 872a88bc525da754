// A corner of the real Docker engine for one test file: an image with the real wrapper (made from this machine's Node, no
// registry), a network with a subnet of its own, and a label by which everything is removed afterwards.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { labelNames } from "../docker/node-identity.ts";

const run = promisify(execFile);

export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("docker", [...args], { maxBuffer: 16 * 1024 * 1024 });
  return stdout.trim();
}

/** `docker pause`, again and again: on a busy machine runc gives up before the kernel has frozen every process. */
export async function pause(container: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await docker("pause", container);
      return;
    } catch (error) {
      if (attempt === 100 || !String(error).includes("unable to freeze")) throw error;
      await delay(200);
    }
  }
}

export interface DockerLab {
  /** Unique in this engine: also the cluster's name and the network's. */
  readonly name: string;
  readonly image: string;
  readonly network: string;
  /** An address of the network by its last number. */
  ip(last: number): string;
  /** Private directory for CKE_RUN_DIR. */
  readonly runBase: string;
  readonly frameworkId: string;
  inspect(container: string): Promise<unknown>;
  /** Names of the containers and volumes that carry the lab's framework id. */
  leftovers(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/**
 * What a node's image has and a node needs: the wrapper starts processes through sh, the executor sets hosts and routes; and
 * programs that tell what a node sees of its host.
 */
const programs = {
  sh: "/bin/sh",
  cat: "/bin/cat",
  truncate: "/usr/bin/truncate",
  ip: "/sbin/ip",
  mount: "/bin/mount",
  free: "/usr/bin/free",
  nproc: "/usr/bin/nproc",
  uptime: "/usr/bin/uptime",
} as const;

/** Node, these programs and the libraries that they need, and the wrapper as one file. */
async function imageTree(root: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL("../../../wrapper/src/main.ts", import.meta.url))],
    outfile: join(root, "wrapper.cjs"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    define: { "import.meta.url": "undefined" },
    logLevel: "error",
  });
  await copyFile(process.execPath, join(root, "node"));
  await mkdir(join(root, "bin"));
  for (const [name, program] of Object.entries(programs))
    await copyFile(await realpath(program), join(root, "bin", name));
  const { stdout } = await run("ldd", [process.execPath, ...Object.values(programs)]);
  for (const library of new Set(stdout.match(/(?<=\s)\/\S+(?= \()/g))) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await copyFile(await realpath(library), join(root, library));
  }
  await mkdir(join(root, "tmp"));
  await writeFile(join(root, "tmp", ".keep"), "");
}

async function makeImage(image: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "cke-image-"));
  try {
    const tree = join(root, "tree");
    await mkdir(tree);
    await imageTree(tree);
    const tar = join(root, "image.tar");
    await run("tar", ["-C", tree, "-cf", tar, "."]);
    const entry = JSON.stringify(["/node", "--max-semi-space-size=1", "/wrapper.cjs"]);
    await docker("import", "-c", `ENTRYPOINT ${entry}`, "-c", "ENV PATH=/", tar, image);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A network with a free /28 of the addresses that Docker itself does not hand out by default. */
async function makeNetwork(network: string): Promise<string> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const [a = 0, b = 0] = randomBytes(2);
    const prefix = `10.${200 + (a % 50)}.${b}`;
    try {
      await docker("network", "create", "--subnet", `${prefix}.0/24`, network);
      return prefix;
    } catch (error) {
      // The subnet is taken: try another one.
      if (attempt === 19) throw error;
    }
  }
  return "";
}

export async function openDockerLab(): Promise<DockerLab> {
  const name = `t${randomBytes(4).toString("hex")}`;
  const image = `cke-executor-test:${name}`;
  await makeImage(image);
  const prefix = await makeNetwork(name);
  const runBase = await mkdtemp(join(tmpdir(), "cke-"));
  const frameworkId = `framework-${name}`;
  const filter = ["--filter", `label=${labelNames.framework}=${frameworkId}`];
  const lines = (text: string) => text.split("\n").filter((line) => line !== "");
  return {
    name,
    image,
    network: name,
    ip: (last) => `${prefix}.${last}`,
    runBase,
    frameworkId,
    inspect: async (container) => {
      const [info]: unknown[] = JSON.parse(await docker("inspect", container));
      return info;
    },
    leftovers: async () => [
      ...lines(await docker("ps", "-aq", ...filter)),
      ...lines(await docker("volume", "ls", "-q", ...filter)),
    ],
    remove: async () => {
      const containers = lines(await docker("ps", "-aq", ...filter));
      if (containers.length > 0) await docker("rm", "-fv", ...containers);
      const volumes = lines(await docker("volume", "ls", "-q", ...filter));
      if (volumes.length > 0) await docker("volume", "rm", ...volumes);
      await docker("network", "rm", name);
      await docker("rmi", image);
      await rm(runBase, { recursive: true, force: true });
    },
  };
}
