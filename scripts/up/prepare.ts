// Makes everything that a KubeNode needs before a cluster can be created: executables, Docker engine, Kubernetes
// binaries, image. Each part is cached by content, so a second run only checks.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programs } from "../dist/programs.ts";
import { keyOf, madeFiles, readStamp, staleness, writeStamp } from "./content-stamp.ts";
import { furtherName } from "./image-name.ts";
import { dist, imagePath, sharedImagePath, top } from "./paths.ts";
import { command, say, saying } from "./progress/stage.ts";

export interface Prepared {
  /** "1.36" */
  readonly version: string;
  /** The full name of the image. */
  readonly image: string;
  /** The directory of kubectl and the servers. */
  readonly binaries: string;
}

/** Versions that have a cke.conf file, newest first. */
export function configuredVersions(directory = join(top, "default_cfg")): string[] {
  return readdirSync(directory)
    .map((name) => /^cke\.conf-(\d+\.\d+)\.yaml$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
    .sort((a, b) => Number(b.split(".")[1]) - Number(a.split(".")[1]));
}

function imageNameOf(version: string): string {
  const text = readFileSync(join(top, "default_cfg", `cke.conf-${version}.yaml`), "utf8");
  const name = /^ImageName:\s*(\S+)/m.exec(text)?.[1];
  if (name === undefined) throw new Error(`default_cfg/cke.conf-${version}.yaml names no ImageName`);
  return name;
}

/**
 * The full name of this checkout's image of a version (default: the newest one with a configuration), or of the one at another `path`.
 * Throws for a version without one.
 */
export function imageOf(wanted?: string, path = imagePath): string {
  return `${path}/${imageNameOf(configured(wanted))}`;
}

function configured(wanted?: string): string {
  const versions = configuredVersions();
  const version = wanted ?? versions[0];
  if (version === undefined || !versions.includes(version))
    throw new Error(
      `there is no default_cfg/cke.conf-${version ?? "<version>"}.yaml; versions with one: ${versions.join(", ")}`,
    );
  return version;
}

/** The configured versions whose image is in this host's engine, newest first. */
export async function builtVersions(): Promise<string[]> {
  const built: string[] = [];
  for (const version of configuredVersions()) if ((await imageIdOf(imageOf(version))) !== "") built.push(version);
  return built;
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** "" when there is no such image, or no engine answers. */
const imageIdOf = async (image: string) =>
  (await command("docker", ["image", "inspect", "--format", "{{.Id}}", image]).catch(() => "")).trim();

const executables = [
  ...programs.map(({ name }) => join(dist, name)),
  ...programs.filter(({ fetched }) => fetched).map(({ name }) => join(dist, "exec", name)),
];

/** The files that must exist unchanged. */
const made = (binaries: string, noted: boolean) =>
  madeFiles([
    ...executables,
    ...["manifest", "kubectl"].map((name) => join(binaries, name)),
    ...(noted ? [join(dist, "prepared.json")] : []),
  ]);

/**
 * Builds what is missing for one Kubernetes version (default: the newest one with a configuration). `noted`: `make e2e`
 * will test with it. `engineUser`: the directory of the deployment that needs the Docker engine until its `make down`.
 */
export async function prepare(wanted?: string, noted = true, engineUser?: string): Promise<Prepared> {
  const version = configured(wanted);
  // The origin of the binaries, as scripts/kubernetes-binaries takes it: "release", "goproxy", "dir /opt/kubernetes".
  const from = process.env.CKE_KUBERNETES_FROM;
  const user = engineUser === undefined ? [] : [engineUser];
  await command("scripts/docker-engine", ["up", ...user], { cwd: top, progress: true });
  const stampFile = join(dist, ".work", `prepared-${version}.stamp`);
  const stamp = readStamp(stampFile);
  const key = keyOf(top, [version, from ?? "", imagePath]);
  const image = imageOf(version);
  const stale = staleness(stamp, key, await imageIdOf(image), made(stamp?.binaries ?? "", noted));
  // The files of a given directory may have changed, so they are checked each time.
  if (stamp !== undefined && stale === "" && !from?.startsWith("dir")) {
    say("everything is built");
    return { version, image, binaries: stamp.binaries };
  }
  say(`building: ${stale === "" ? "the binaries are of a directory of yours" : stale}`);
  await makeExecutables();
  say(`Kubernetes ${version} binaries`);
  const go = from?.startsWith("dir")
    ? ""
    : lastLine(await command("scripts/go-toolchain", [], { cwd: top, progress: true }));
  const binaries = lastLine(
    await command(
      "scripts/kubernetes-binaries",
      ["--version", version, ...(from === undefined ? [] : ["--from", ...from.split(" ")])],
      { cwd: top, progress: true, environment: { PATH: `${go}:${process.env.PATH ?? ""}` } },
    ),
  );
  say(`KubeNode image ${image}`);
  await command(
    "images/kube-node/build",
    ["--kubernetes", binaries, "--wrapper", join(dist, "cke-wrapper"), "--tag", image],
    {
      cwd: top,
      progress: true,
    },
  );
  const prepared = { version, image, binaries };
  mkdirSync(dist, { recursive: true });
  if (noted) writeFileSync(join(dist, "prepared.json"), `${JSON.stringify(prepared)}\n`);
  // With the digest from before the build: after a change during the build, the next run builds again.
  writeStamp(stampFile, { key, ...prepared, imageId: await imageIdOf(image), files: made(binaries, noted) ?? [] });
  return prepared;
}

/**
 * Builds one more version. Executors on this host report it to a running scheduler. `wanted`: a second name of the
 * image, for a scheduler with another -k8s_image_path or cke.conf; "" for none.
 */
export async function buildImage(version = "", wanted = ""): Promise<void> {
  const asked = version === "" ? undefined : version;
  const shared = imageOf(asked, sharedImagePath);
  const further = furtherName(shared, wanted);
  const { image } = await prepare(asked, false);
  for (const name of [shared, further].filter(Boolean)) await command("docker", ["tag", image, name]);
  say(
    `${further === "" ? shared : `${shared}, and as ${further},`} is there; a running cke-scheduler learns of it with the next cluster that asks for it, or from make up`,
  );
}

async function makeExecutables(): Promise<void> {
  say("executables");
  await saying("building the executables", () =>
    command(process.execPath, ["scripts/dist.ts"], { cwd: top, progress: true }),
  );
}

/** Builds the executables where they are not of this checkout. `make up` without a VM builds them with the rest. */
export async function prepareExecutables(): Promise<void> {
  const stampFile = join(dist, ".work", "executables.stamp");
  const wanted = keyOf(top, ["executables"], ["packages", "proto", "scripts", "package.json", "pnpm-lock.yaml"]);
  const made = () => madeFiles(executables);
  if (staleness(readStamp(stampFile), wanted, "none", made()) === "") return say("the executables are built");
  await makeExecutables();
  writeStamp(stampFile, { key: wanted, version: "", image: "", imageId: "none", binaries: "", files: made() ?? [] });
}
