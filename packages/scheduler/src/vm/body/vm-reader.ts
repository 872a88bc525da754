// From the body of `POST /vm/v1/vms` to a VmSpec and its secrets, or to all problems at once with their JSON paths. First each entity is
// read alone (its shape), then all of them are checked together.
import type { z } from "zod";
import { type IgnoredField, ignoredFields, underFirstNames } from "../../workload/body/body-fields.ts";
import { Findings, type Located } from "../../workload/body/findings.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { vmAliases, wholeVm } from "./body-objects.ts";
import { diskBody, diskSpec, sourceBelow } from "./disk-body.ts";
import { memoryOverheadMib } from "./memory-overhead.ts";
import { nicBody, nicSpec, portsBody } from "./nic-body.ts";
import { passwordHash } from "./password.ts";
import { seedBody, seedSecrets, seedSpec } from "./seed-body.ts";
import { bootBody, devicesBody, type VmBody, vmBody, vmName } from "./vm-body.ts";
import { checkVm, type VmContext } from "./vm-checks.ts";
import { type DiskSpec, hasOwnDisks, type NicSpec, type VmSpec, vmUnit } from "./vm-spec.ts";
import { vmUuid } from "./vm-uuid.ts";

export interface ReadVm {
  readonly spec: VmSpec;
  /** By name, as executors ask for them. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Fields without effect. */
  readonly ignored: readonly IgnoredField[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Disks in the order of their roles: the system disk, data disks, cdroms. */
function readDisks(found: Findings, fields: Fields): { readonly disks: Located<DiskSpec>[]; readonly path: string } {
  const { disk } = fields;
  const items: { readonly value: unknown; readonly path: string; readonly role: DiskSpec["role"] }[] = [];
  if (Array.isArray(disk)) {
    for (const [index, { value, path }] of (found.list(fields, ["disk"], "") ?? []).entries())
      items.push({ value, path, role: index === 0 ? "system" : "data" });
  } else if (disk !== undefined && disk !== null) {
    const byRole = found.object(disk, "disk");
    if (byRole?.system !== undefined && byRole.system !== null)
      items.push({ value: byRole.system, path: "disk.system", role: "system" });
    for (const role of ["data", "cdrom"] as const)
      for (const item of (byRole === undefined ? undefined : found.list(byRole, [role], "disk")) ?? [])
        items.push({ ...item, role });
  }
  const counts = { system: 0, data: 0, cdrom: 0 };
  const disks = items.flatMap(({ value, path, role }) => {
    if (found.passesOver() || found.object(value, path) === undefined) return [];
    const body = found.parse(diskBody, value, path);
    if (body === undefined) return [];
    const own = body.role ?? role;
    const index = counts[own];
    counts[own] += 1;
    return [{ value: diskSpec(body, role, index), path }];
  });
  const rank = { system: 0, data: 1, cdrom: 2 };
  return { disks: disks.toSorted((left, right) => rank[left.value.role] - rank[right.value.role]), path: "disk" };
}

/** One NIC as an object or as the name of a bridge, or a list of them. Ports of the body itself belong to the first one. */
function readNics(found: Findings, fields: Fields): readonly Located<NicSpec>[] {
  const { network, ports } = fields;
  const more = ports === undefined || ports === null ? [] : (found.parse(portsBody, ports, "ports") ?? []);
  if (network === undefined || network === null) {
    if (more.length > 0) found.add("ports", "need a network, through which they are reached");
    return [];
  }
  const list = Array.isArray(network)
    ? (found.list(fields, ["network"], "") ?? [])
    : [{ value: network, path: "network" }];
  return list.flatMap(({ value: item, path }, index) => {
    const value = typeof item === "string" ? { name: item } : item;
    if (found.passesOver() || found.object(value, path) === undefined) return [];
    const body = found.parse(nicBody, value, path);
    return body === undefined ? [] : [{ value: nicSpec(body, index, index === 0 ? more : []), path }];
  });
}

function readSeed(found: Findings, value: unknown): z.infer<typeof seedBody> | undefined {
  if (value === undefined || value === null) return undefined;
  return found.object(value, "cloudInit") === undefined ? undefined : found.parse(seedBody, value, "cloudInit");
}

const emptyBoot = bootBody.parse({});

function bootSpec(
  { boot = emptyBoot, bootType }: Pick<VmBody, "boot" | "bootType">,
  imagePath: string,
): VmSpec["boot"] {
  const { type, kernel = "", initrd = "", ...rest } = boot;
  const [kernelAt, initrdAt] = [sourceBelow(imagePath, kernel), sourceBelow(imagePath, initrd)];
  return { ...rest, type: bootType ?? type ?? "hd", kernel: kernelAt, initrd: initrdAt };
}

function withSource(disk: DiskSpec, imagePath: string): DiskSpec {
  const { image } = disk;
  return image === undefined ? disk : { ...disk, image: { ...image, source: sourceBelow(imagePath, image.source) } };
}

/** `spread`: "host", or the name of an attribute. */
const apartOf = ({ group, spread = "host" }: Pick<VmBody, "group" | "spread">) =>
  group === undefined ? {} : { apart: { group, by: spread } };

function agentAttributes({ region, zone, attributes }: VmBody): VmSpec["attributes"] {
  const named = [
    { name: "region", value: region },
    { name: "zone", value: zone },
  ].filter(({ value }) => value !== "");
  return [...named, ...attributes];
}

function specOf(
  name: string,
  body: VmBody,
  { disks, nics, seed, boot }: Pick<VmSpec, "disks" | "nics" | "seed" | "boot">,
  instance: string,
): VmSpec {
  const { cpus, maxCpus = Math.ceil(cpus), mem, maxMem = mem, id = "", expect, reservation, host } = body;
  const devices = body.devices ?? devicesBody.parse({});
  const stateful = hasOwnDisks({ disks });
  return {
    name,
    id,
    uuid: vmUuid(id, instance),
    firstInstance: "",
    secretsVersion: 0,
    title: body.title,
    osInfo: body.osInfo,
    label: body.label,
    region: body.region,
    zone: body.zone,
    attributes: [...agentAttributes(body)],
    role: body.role,
    expect: body.template ? "STOP" : expect,
    paused: false,
    template: body.template,
    units: [
      {
        ...{ name: vmUnit, host, attributes: [], reservation, pod: false, expect: "RUN", stateful },
        // The executor starts a guest again by the policy. A task that has finished is over, whatever the policy says.
        relaunch: body.restart === "never" ? "never" : "on-failure",
        ...apartOf(body),
      },
    ],
    cpus,
    cpu: {
      maximum: maxCpus,
      maximumGiven: body.maxCpus !== undefined,
      sockets: body.sockets ?? 0,
      cores: body.cores ?? 0,
      threads: body.threads ?? 0,
      model: body.cpuModel,
      quota: body.cpuQuota,
    },
    mem,
    memory: {
      maximumMib: maxMem,
      maximumGiven: body.maxMem !== undefined,
      overheadMib: body.memOverhead ?? memoryOverheadMib({ memMib: maxMem, cpus: maxCpus, vnc: devices.vnc }),
      hugePages: body.hugePages,
    },
    boot,
    disks,
    nics,
    ...(seed === undefined ? {} : { seed }),
    devices,
    restart: body.restart,
    shutdownGraceSeconds: body.shutdownGrace,
  };
}

/** Fields that are judged together: when one of them cannot be read, nothing more is said of them. */
const judgedTogether = [
  ["cpus", "maxCpus", "sockets", "cores", "threads"],
  ["mem", "maxMem", "devices"],
  ["boot", "bootType"],
  ["group", "spread"],
  ["role", "reservation"],
];
const placing = ["host", "attributes", "region", "zone"];
const topOf = (path: string) => path.split(/[.[]/)[0] ?? "";

/** The body without the fields that cannot be read, so that the others are judged at once too. */
function readableBody(fields: Fields, wrong: ReadonlySet<string>): VmBody | undefined {
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !wrong.has(name)));
  const read = vmBody.safeParse({ cpus: 1, mem: 16, ...rest });
  if (!read.success) return undefined;
  // Nobody knows beside which other VM it is to run then.
  return placing.some((name) => wrong.has(name)) ? { ...read.data, host: "" } : read.data;
}

function isJudged(path: string, wrong: ReadonlySet<string>): boolean {
  return !judgedTogether.some((names) => names.includes(topOf(path)) && names.some((name) => wrong.has(name)));
}

/** `instance`: of the VM, of which its UUID is derived. Throws SpecInvalidError: 422 for what is only impossible, else 400. */
export function readVm(input: unknown, context: VmContext, instance: string): ReadVm {
  const found = new Findings();
  const given = found.object(input, "");
  if (given === undefined) throw new SpecInvalidError(found.problems.map(({ path, message }) => ({ path, message })));
  const fields = found.object(underFirstNames(wholeVm, given, vmAliases), "") ?? {};
  const name = found.parse(vmName, fields.name, "name");
  const body = found.parse(vmBody, fields, "");
  const wrong = new Set(found.problems.map(({ path }) => topOf(path)));
  const judged = body ?? readableBody(fields, wrong);
  const { disks, path: disksPath } = readDisks(found, fields);
  const nics = readNics(found, fields);
  const seed = readSeed(found, fields.cloudInit);
  const problems = [
    ...found.problems,
    ...(judged === undefined
      ? []
      : [
          ...checkVm(
            {
              ...judged,
              name: name ?? "",
              id: judged.id ?? "",
              group: judged.group,
              spread: judged.spread,
              maxCpus: judged.maxCpus,
              maxMem: judged.maxMem,
              topology: { sockets: judged.sockets ?? 0, cores: judged.cores ?? 0, threads: judged.threads ?? 0 },
              boot: bootSpec(judged, context.imagePath),
              balloon: (judged.devices ?? devicesBody.parse({})).balloon,
              attributes: agentAttributes(judged),
              disks,
              disksPath,
              nics,
            },
            context,
            found.problems.length === 0,
          ),
        ].filter(({ path }) => isJudged(path, wrong))),
  ];
  const ignored = [...ignoredFields(wholeVm, given, vmAliases)];
  if (problems.length > 0 || name === undefined || body === undefined)
    throw new SpecInvalidError(
      problems.map(({ path, message }) => ({ path, message })),
      problems.every(({ kind }) => kind === "impossible") ? 422 : 400,
      { warnings: ignoredFieldsMessage(ignored), incomplete: found.incomplete },
    );
  const parts = {
    disks: disks.map(({ value }) => withSource(value, context.imagePath)),
    boot: bootSpec(body, context.imagePath),
    nics: nics.map(({ value }) => value),
    seed: seed === undefined ? undefined : seedSpec(seed, name),
  };
  const secrets = seed === undefined ? new Map<string, string>() : seedSecrets(seed, passwordHash);
  return { spec: specOf(name, body, parts, instance), secrets, ignored };
}
