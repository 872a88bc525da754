// The body of a clone: that of its source, without what only one VM can have and without secrets, with what the request gives. Pure.
import { isPlainObject } from "../../workload/body/body-fields.ts";
import type { SpecProblem } from "../../workload/body/spec-invalid-error.ts";
import { seedSecretFields } from "../body/seed-body.ts";
import type { DiskSpec, NicSpec, VmSpec } from "../body/vm-spec.ts";
import { mergedFields } from "../changes/merged-fields.ts";
import { disksJson, nicJson, vmJson } from "../rendering/vm-json.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface CloneBody {
  readonly body: Fields;
  /** What the clone has not of its source though nobody said so, in sentences. */
  readonly warnings: readonly string[];
}

/** The disks of which a clone gets copies. */
export const copiedDisks = ({ disks }: Pick<VmSpec, "disks">): readonly DiskSpec[] =>
  disks.filter(({ role, path }) => role !== "cdrom" && path === "");

/** `given`: the request's own fields, under their first names. `copies`: the source has disks that are copied. */
export function cloneBody(source: VmSpec, given: Fields, copies: boolean): CloneBody {
  const {
    id: _id,
    expect: _expect,
    template: _template,
    from: _from,
    cloudInit,
    memOverhead,
    ...kept
  } = vmJson(source);
  const isResized = ["cpus", "maxCpus", "mem", "maxMem"].some((name) => given[name] !== undefined);
  const present: Fields = {
    ...kept,
    // The overhead follows the size, unless the size is the source's.
    ...(isResized ? {} : { memOverhead }),
    disk: disksJson(
      source.disks.map((disk) => (copies && copiedDisks(source).includes(disk) ? withoutImage(disk) : disk)),
    ),
    network: source.nics.map((nic) => nicJson(ownNic(nic))),
    ...(isPlainObject(cloudInit) ? { cloudInit: withoutHostname(cloudInit) } : {}),
  };
  const body = mergedFields(present, given);
  return { body: { ...body, cloudInit: withoutNull(body.cloudInit) }, warnings: [...lost(source, given)] };
}

/** Its content comes from the source's disk, and not from the image of that one. */
function withoutImage({ image: _image, ...disk }: DiskSpec): DiskSpec {
  return disk;
}

/** Two NICs with one MAC or one address would take each other's packets, and a port of a host is one VM's. */
function ownNic(nic: NicSpec): NicSpec {
  return { ...nic, mac: "", ip: "", gateway: "", antiSpoofing: false, ports: [] };
}

function withoutHostname({ hostname: _hostname, ...seed }: Fields): Fields {
  return seed;
}

/** null removes a field of the source. */
function withoutNull(seed: unknown): unknown {
  return isPlainObject(seed) ? Object.fromEntries(Object.entries(seed).filter(([, value]) => value !== null)) : seed;
}

function* lost({ nics, seed, devices }: VmSpec, given: Fields): Generator<string> {
  const theirs = nics.filter(({ ip, mac, ports }) => ip !== "" || mac !== "" || ports.length > 0);
  if (given.network === undefined && theirs.length > 0) {
    const names = theirs.map(({ nic }) => nic).join(", ");
    yield `network: addresses, MAC addresses and ports of the source's NICs (${names}) stay its own: the clone asks for addresses; give network for others`;
  }
  const own = isPlainObject(given.cloudInit) ? given.cloudInit : {};
  const secret = seedSecretFields.flatMap(([field]) =>
    seed?.[field] === true && own[field] === undefined ? [field] : [],
  );
  if (secret.length > 0 && given.cloudInit !== null)
    yield `cloudInit: secrets of the source are not given to the clone (${secret.join(", ")}): give them in the body when it needs them`;
  if (devices.tpm) yield "devices.tpm: the clone has an empty TPM: what the source's keeps secret is not copied";
}

/** What cannot be for a clone whose disks are copied. `home`: the host that has the disks of its source. */
export function* cloneSpecProblems(clone: VmSpec, source: VmSpec, home: string): Generator<SpecProblem> {
  const [{ host }] = clone.units;
  if (copyNames(clone, source).length > 0 && host !== "*" && host.toLowerCase() !== home.toLowerCase())
    yield {
      path: "host",
      message: `the disks of VM "${source.name}" are on ${home}, and are copied there: leave host out, and move the clone when it runs (POST …/migrate)`,
    };
  for (const disk of clone.disks.filter(({ name }) => copyNames(clone, source).includes(name))) {
    const before = source.disks.find(({ name }) => name === disk.name);
    if (before !== undefined && disk.sizeMib !== 0 && disk.sizeMib < before.sizeMib)
      yield {
        path: `disk ${disk.name}`,
        message: `a disk is never made smaller: that of VM "${source.name}" has ${before.sizeMib} MiB`,
      };
  }
}

/** Names of the clone's disks that are copies. */
function copyNames(clone: VmSpec, source: VmSpec): readonly string[] {
  const names = new Set(copiedDisks(source).map(({ name }) => name));
  return clone.disks.flatMap(({ name, image, path, role }) =>
    image === undefined && path === "" && role !== "cdrom" && names.has(name) ? [name] : [],
  );
}

/** Of what the clone's disks are made; undefined when none is a copy. */
export function originOf(clone: VmSpec, source: VmSpec, instance: string, snapshot: string): VmSpec["origin"] {
  const names = copyNames(clone, source);
  if (names.length === 0) return undefined;
  const disks = copiedDisks(source).filter(({ name }) => names.includes(name));
  const { name: vm, uuid } = source;
  return { vm, uuid, instance, snapshot, disks: disks.map(({ name, format }) => ({ name, format })) };
}
