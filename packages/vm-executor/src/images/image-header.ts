// What the first bytes of a disk image say. It is decided here, before any program opens it, whether an image may be used: one of
// qcow2 can name any other file of the host as its base or its data, and a guest would read that file. Pure.
import { CkeError } from "@cke/foundation";
import type { DiskFormat } from "../qemu-img/qemu-img.ts";

/** Bytes of the beginning that `readImageHeader` wants. */
export const headerBytes = 512;

export type ImageHeader =
  | { readonly kind: "qcow2"; readonly virtualBytes: number; readonly faults: readonly string[] }
  | { readonly kind: "raw" }
  /** Neither; `remedy` says what makes one of it. */
  | { readonly kind: "other"; readonly name: string; readonly remedy: string };

const convert = (format: string) => `convert it first: qemu-img convert -f ${format} -O qcow2 IMAGE IMAGE.qcow2`;
const unpack = (command: string) => `unpack it first (${command})`;

/** `at`: offset of the magic bytes. */
const others: readonly {
  readonly magic: string;
  readonly at: number;
  readonly name: string;
  readonly remedy: string;
}[] = [
  { at: 0, magic: "4b444d", name: "vmdk", remedy: convert("vmdk") },
  { at: 64, magic: "7f10dabe", name: "vdi", remedy: convert("vdi") },
  { at: 0, magic: "7668647866696c65", name: "vhdx", remedy: convert("vhdx") },
  { at: 0, magic: "636f6e6563746978", name: "vpc (VHD)", remedy: convert("vpc") },
  { at: 0, magic: "514544", name: "qed", remedy: convert("qed") },
  {
    at: 0,
    magic: "4c554b53babe",
    name: "LUKS",
    remedy: "an encrypted image cannot be used as the base of disks: store it decrypted",
  },
  { at: 0, magic: "1f8b08", name: "gzip", remedy: unpack("gunzip") },
  { at: 0, magic: "fd377a585a00", name: "xz", remedy: unpack("unxz") },
  { at: 0, magic: "28b52ffd", name: "zstd", remedy: unpack("unzstd") },
  { at: 0, magic: "425a68", name: "bzip2", remedy: unpack("bunzip2") },
  { at: 0, magic: "504b0304", name: "zip", remedy: unpack("unzip") },
  { at: 257, magic: "7573746172", name: "tar (perhaps an OVA)", remedy: unpack("tar -xf") },
  { at: 0, magic: "3c21444f4354595045", name: "HTML", remedy: "the address gives a web page and no image: correct it" },
  { at: 0, magic: "3c68746d6c", name: "HTML", remedy: "the address gives a web page and no image: correct it" },
];

const dataFileBit = 1n << 2n;
const corruptBit = 1n << 1n;

/** `start`: the first `headerBytes` bytes, fewer when it is smaller. */
export function readImageHeader(start: Uint8Array): ImageHeader {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (bytes.length >= 72 && bytes.toString("latin1", 0, 4) === "QFI\xfb") return qcow2Header(bytes);
  for (const { at, magic, name, remedy } of others)
    if (bytes.toString("hex", at, at + magic.length / 2) === magic) return { kind: "other", name, remedy };
  return { kind: "raw" };
}

/** The layout is that of QEMU's docs/interop/qcow2.txt. */
function qcow2Header(bytes: Buffer): ImageHeader {
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return { kind: "other", name: `qcow${version}`, remedy: convert("qcow") };
  const features = version === 3 && bytes.length >= 80 ? bytes.readBigUInt64BE(72) : 0n;
  const faults = [
    ...(bytes.readBigUInt64BE(8) === 0n
      ? []
      : ["is an overlay of another file (flatten it: qemu-img convert -O qcow2)"]),
    ...(bytes.readUInt32BE(32) === 0 ? [] : ["is encrypted (store it decrypted)"]),
    ...((features & dataFileBit) === 0n
      ? []
      : ["has its data in another file (flatten it: qemu-img convert -O qcow2)"]),
    ...((features & corruptBit) === 0n ? [] : ["is marked as corrupt (repair it: qemu-img check -r all)"]),
  ];
  return { kind: "qcow2", virtualBytes: Number(bytes.readBigUInt64BE(24)), faults };
}

/** Largest size of an image as the guest sees it: 64 TiB. */
const maxVirtualBytes = 2 ** 46;

/**
 * Its format as the base of disks. `declared`: what the operator says; empty when nothing. Throws CkeError image_format with what
 * to do.
 */
export function usableFormat(header: ImageHeader, declared: string, name: string): DiskFormat {
  const refuse = (words: string) => new CkeError("image_format", `the image ${name} ${words}`);
  if (declared !== "" && declared !== "qcow2" && declared !== "raw")
    throw refuse(`is declared as ${declared}; allowed: qcow2, raw, or nothing`);
  if (header.kind === "other") throw refuse(`is ${header.name}; ${header.remedy}`);
  if (declared !== "" && declared !== header.kind) throw refuse(`is declared as ${declared}, but it is ${header.kind}`);
  if (header.kind === "raw") return "raw";
  if (header.faults.length > 0) throw refuse(header.faults.join(" and "));
  if (header.virtualBytes === 0 || header.virtualBytes > maxVirtualBytes)
    throw refuse(`is of ${header.virtualBytes} bytes for its guest; allowed: 1 byte to 64 TiB`);
  return "qcow2";
}
