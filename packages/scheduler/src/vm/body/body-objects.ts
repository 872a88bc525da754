// Every kind of object in a body of VMs, with every name that a field may have: the first one in camelCase, and others.
import { z } from "zod";
import type { FieldAliases } from "../../workload/body/body-fields.ts";
import { diskBody, imageBody, limitsBody } from "./disk-body.ts";
import { nicBody, portBody, portsBody } from "./nic-body.ts";
import { seedBody } from "./seed-body.ts";
import { bootBody, devicesBody, vmBody, vmName } from "./vm-body.ts";

/** "osInfo" → "os_info" */
const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const others: Readonly<Record<string, string>> = {
  memory: "mem",
  labels: "label",
  disks: "disk",
  networks: "network",
  nics: "network",
  url: "source",
  checksum: "sha256",
};

/** The schema with its fields' other names, and what they stand for. */
function withOthers<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  const names = Object.keys(schema.shape);
  const snakes = names.flatMap((name) => (snake(name) === name ? [] : [[snake(name), name] as const]));
  const named = Object.entries(others).filter(([other, name]) => names.includes(name) && !names.includes(other));
  // Of a VM, as clusters have it.
  const own = names.includes("cpus") ? [["vm_name", "name"] as const] : [];
  return Object.fromEntries([...snakes, ...named, ...own]);
}

const grown = new Map<z.ZodType, Readonly<Record<string, string>>>();
/** Notes the other names of an object's fields, and returns the object that has them too. */
function object<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>): z.ZodObject {
  const second = withOthers(schema);
  const shape: Record<string, z.core.$ZodType> = { ...schema.shape };
  for (const [other, name] of Object.entries(second)) {
    const field = shape[name];
    if (field !== undefined) shape[other] = field;
  }
  const whole = z.object(shape);
  grown.set(whole, second);
  return whole;
}

const image = object(imageBody);
const disk = object(diskBody.extend({ image, limits: object(limitsBody) }));
/** `{"system": {…}, "data": […]}` */
const disksByRole = object(z.object({ system: disk, data: z.array(disk), cdrom: z.array(disk) }));
const nic = object(nicBody.extend({ ports: z.array(object(portBody)) }));
const seed = object(seedBody);
const boot = object(bootBody);
const devices = object(devicesBody);

/** A whole body. It is used only for its fields, because a body is read one entity at a time. */
export const wholeVm = object(
  vmBody.extend({
    name: vmName,
    boot,
    devices,
    cloudInit: seed,
    disk: z.union([z.array(disk), disksByRole]),
    network: z.union([z.array(nic), nic]),
    ports: portsBody,
  }),
);

/** Every object with fields of its own, by what docs/vm-body.md calls it. */
export const vmBodyObjects = {
  VM: wholeVm,
  Boot: boot,
  Disk: disk,
  "Disks by role": disksByRole,
  Image: image,
  Limits: object(limitsBody),
  NIC: nic,
  Port: object(portBody),
  "cloud-init": seed,
  Devices: devices,
} as const;

export const vmAliases: FieldAliases = grown;
