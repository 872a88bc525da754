// The body of `POST /vm/v1/vms` but for its disks, NICs and seed, which are read one by one. Names are in camelCase here; bodies may have
// them in snake_case too (body-objects.ts).
import { z } from "zod";
import { attributesBody, scalarText } from "../../workload/body/placement-fields.ts";
import { resourceBounds } from "../../workload/outline/resource-bounds.ts";
import { imageSource } from "./disk-body.ts";
import { bootTypes, defaultGraceSeconds, restartPolicies } from "./vm-spec.ts";

const { minCpu, maxCpu } = resourceBounds;
const labelLike = "letters, digits and - (which is not at an end)";
export const vmName = z
  .string()
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?$/, labelLike)
  .max(63, "at most 63 characters");

const graceWords = "seconds, a whole number from 0 to 86400";

const fromWords = '"vm" or "vm@snapshot": the VM, and the snapshot of it, of which this one is to be a clone';
/** Names of snapshots are those that executors take. */
export const cloneSource = z
  .string(fromWords)
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(@[A-Za-z0-9][A-Za-z0-9._-]{0,62})?$/, fromWords);

const oneLine = (most: number) =>
  z
    .string()
    .regex(/^[^\p{C}]*$/u, "a text of one line")
    .max(most, `at most ${most} characters`);
const word = z
  .string()
  .regex(/^[A-Za-z0-9_.+-]*$/, "letters, digits, _ . + and -")
  .max(64, "at most 64 characters");
const cpuWords = `CPUs, from ${minCpu} to ${maxCpu}`;
const memWords = "MiB, a whole number from 16 to 16777216";
const vcpus = z
  .int("virtual CPUs from 1 to 1024")
  .min(1, "virtual CPUs from 1 to 1024")
  .max(1_024, "virtual CPUs from 1 to 1024");
export const cpus = z.number(cpuWords).min(minCpu, cpuWords).max(maxCpu, cpuWords);
export const mem = z.int(memWords).min(16, memWords).max(16_777_216, memWords);
const sha256 = z
  .string()
  .regex(/^([0-9a-fA-F]{64})?$/, "64 hexadecimal digits")
  .transform((text) => text.toLowerCase());

/** `"hd"`, or an object with more than the type. */
export const bootBody = z.object({
  type: z.enum(bootTypes, bootTypes.join(", ")).optional(),
  firmware: z.enum(["bios", "uefi"], "bios or uefi").default("bios"),
  machine: word.default(""),
  kernel: imageSource.optional(),
  kernelSha256: sha256.default(""),
  initrd: imageSource.optional(),
  initrdSha256: sha256.default(""),
  commandLine: oneLine(2_048).default(""),
});

export const devicesBody = z.object({
  vnc: z.boolean().default(true),
  rng: z.boolean().default(true),
  balloon: z.boolean().default(true),
  watchdog: z.enum(["none", "reset", "poweroff", "pause"], "none, reset, poweroff or pause").default("none"),
  panic: z.boolean().default(true),
  tpm: z.boolean().default(false),
  agent: z.boolean().default(true),
});

export const labelBody = z.record(z.string().min(1).max(128), scalarText);

export const groupName = z
  .string()
  .regex(/^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$/, "letters, digits, - _ and . (which are not at an end)")
  .max(63, "at most 63 characters");

export const vmBody = z.object({
  from: cloneSource.optional(),
  template: z.boolean().default(false),
  id: z
    .union([z.string(), z.int().transform(String)], "a text or a whole number")
    .pipe(oneLine(128))
    .optional(),
  title: oneLine(256).default(""),
  cpus,
  maxCpus: vcpus.optional(),
  sockets: vcpus.optional(),
  cores: vcpus.optional(),
  threads: vcpus.optional(),
  cpuModel: word.default(""),
  cpuQuota: z.boolean().default(false),
  mem,
  maxMem: mem.optional(),
  memOverhead: mem.optional(),
  hugePages: z.boolean().default(false),
  host: z
    .string()
    .transform((text) => text.trim())
    .transform((text) => (text === "" ? "*" : text))
    .default("*"),
  bootType: z.enum(bootTypes, bootTypes.join(", ")).optional(),
  boot: z.preprocess((value) => (typeof value === "string" ? { type: value } : value), bootBody).optional(),
  region: oneLine(128).default(""),
  zone: oneLine(128).default(""),
  osInfo: oneLine(256).default(""),
  label: labelBody.default({}),
  attributes: attributesBody.default([]),
  role: z
    .string()
    .transform((text) => text.trim())
    .default(""),
  reservation: z.boolean().default(false),
  group: groupName.optional(),
  spread: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+$/, '"host", or the name of an attribute of agents, like "rack"')
    .max(64, "at most 64 characters")
    .optional(),
  devices: devicesBody.optional(),
  restart: z.enum(restartPolicies, restartPolicies.map((one) => JSON.stringify(one)).join(", ")).default("always"),
  shutdownGrace: z.int(graceWords).min(0, graceWords).max(86_400, graceWords).default(defaultGraceSeconds),
  expect: z.enum(["RUN", "STOP", "FINISHED"]).default("RUN"),
});
export type VmBody = z.infer<typeof vmBody>;
