// Disks in bodies, each read alone.
import { z } from "zod";
import { sizeMib } from "./sizes.ts";
import { type DiskSpec, diskRoles } from "./vm-spec.ts";

export const partName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "lower-case letters, digits and - (which is not at an end)")
  .max(32, "at most 32 characters");

const sha256 = z
  .string()
  .regex(/^([0-9a-fA-F]{64})?$/, "64 hexadecimal digits")
  .transform((text) => text.toLowerCase());

const sourceWords =
  'an http:// or https:// URL without a user and a password, file:///a/path below -vm_image_path, or the name of a file below it without ".."';
/** A URL never has a user or a password: they would be shown. */
const isSource = (text: string) => {
  if (text.length > 2_048 || /[\s\p{C}]/u.test(text)) return false;
  if (/^https?:\/\//.test(text)) {
    const url = URL.parse(text);
    return url !== null && url.username === "" && url.password === "";
  }
  if (/^file:\/\/\//.test(text)) return filePath(text) !== undefined;
  return /^[A-Za-z0-9_.][A-Za-z0-9_.+/-]*$/.test(text) && !text.split("/").includes("..");
};

/** The path of a file URL as an executor reads it; undefined for one with "..", or that is no path. */
export function filePath(source: string): string | undefined {
  const url = source.startsWith("file:///") ? URL.parse(source) : null;
  if (url === null) return undefined;
  try {
    const path = decodeURIComponent(url.pathname);
    const isPlain = !/\p{C}/u.test(path) && !path.split("/").includes("..") && !source.split("/").includes("..");
    return isPlain && url.search === "" && url.hash === "" ? path.replaceAll(/\/+/g, "/") : undefined;
  } catch {
    return undefined;
  }
}

/** Where an image with only a name is when -vm_image_path is a URL; any other source as it is. Agents look in a directory themselves. */
export function sourceBelow(imagePath: string, source: string): string {
  if (source === "" || /^[a-z]+:/.test(source) || !/^https?:\/\//.test(imagePath)) return source;
  return `${imagePath.replace(/\/+$/, "")}/${source.split("/").map(encodeURIComponent).join("/")}`;
}

export const imageSource = z.string().refine(isSource, sourceWords);
const formats = ["qcow2", "raw"] as const;

/** `"debian.qcow2"`, or an object. */
export const imageBody = z.object({
  source: imageSource,
  sha256: sha256.default(""),
  format: z.enum(formats).optional(),
});

const rate = z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0);
export const limitsBody = z.object({
  readBytesPerSecond: rate,
  writeBytesPerSecond: rate,
  readIops: rate,
  writeIops: rate,
});

export const absolutePath = z
  .string()
  .regex(/^\/[^\p{C}]*$/u, "an absolute path")
  .refine((path) => !path.split("/").includes(".."), 'an absolute path without ".."')
  .max(1_024, "at most 1024 characters");

export const diskBody = z.object({
  name: partName.optional(),
  role: z.enum(diskRoles, diskRoles.map((role) => JSON.stringify(role)).join(", ")).optional(),
  image: z.preprocess((value) => (typeof value === "string" ? { source: value } : value), imageBody).optional(),
  size: sizeMib.optional(),
  format: z.enum(formats, "qcow2 or raw").optional(),
  bus: z.enum(["virtio", "scsi", "sata", "ide"]).optional(),
  cache: z.enum(["none", "writethrough", "writeback", "directsync", "unsafe"]).default("none"),
  discard: z.boolean().default(false),
  readOnly: z.boolean().optional(),
  limits: limitsBody.optional(),
  path: absolutePath.optional(),
  shared: z.boolean().default(false),
  fenced: z.boolean().default(false),
  serial: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{0,20}$/, "at most 20 letters, digits, _ . and -")
    .default(""),
});
export type DiskBody = z.infer<typeof diskBody>;

/** `role`: of a disk that does not say it. `index`: its place among the disks of its role. */
export function diskSpec(body: DiskBody, byPlace: DiskSpec["role"], index: number): DiskSpec {
  const role = body.role ?? byPlace;
  const { image, size, limits } = body;
  const isCdrom = role === "cdrom";
  return {
    name: body.name ?? (role === "system" && index === 0 ? role : `${role}${index}`),
    role,
    ...(image === undefined ? {} : { image: { ...image, format: image.format ?? "" } }),
    sizeMib: size ?? 0,
    format: body.format ?? (isCdrom || body.path !== undefined ? "raw" : "qcow2"),
    bus: body.bus ?? (isCdrom ? "sata" : "virtio"),
    cache: body.cache,
    discard: body.discard,
    readOnly: body.readOnly ?? isCdrom,
    ...(limits === undefined ? {} : { limits }),
    path: body.path ?? "",
    shared: body.shared,
    fenced: body.fenced,
    serial: body.serial,
  };
}
