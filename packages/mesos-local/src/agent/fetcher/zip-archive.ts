// Extraction of zip archives, so that no unzip program is needed. Reads the central directory at the end of the file;
// entries that would leave the target directory, symbolic links, encryption and zip64 are refused.
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import { CkeError } from "@cke/foundation";

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endSize = 22;
const entrySize = 46;
const localHeaderSize = 30;
const stored = 0;
const deflated = 8;
const zip64Marker = 0xffffffff;
const fileTypeMask = 0o170000;
const symbolicLink = 0o120000;

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly compressedSize: number;
  readonly headerOffset: number;
  /** UNIX mode with file type; 0 when the archive was made elsewhere. */
  readonly mode: number;
}

const broken = (what: string) => new CkeError("extraction_failed", `the zip archive is not usable: ${what}`);

/** Entries of a central directory. Throws CkeError `extraction_failed`. */
export function parseCentralDirectory(bytes: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (let index = 0; index < count; index += 1) {
    if (offset + entrySize > bytes.length || bytes.readUInt32LE(offset) !== entrySignature) throw broken("bad entry");
    const nameLength = bytes.readUInt16LE(offset + 28);
    const rest = nameLength + bytes.readUInt16LE(offset + 30) + bytes.readUInt16LE(offset + 32);
    entries.push({
      name: bytes.toString("utf8", offset + entrySize, offset + entrySize + nameLength),
      encrypted: (bytes.readUInt16LE(offset + 8) & 1) === 1,
      method: bytes.readUInt16LE(offset + 10),
      compressedSize: bytes.readUInt32LE(offset + 20),
      headerOffset: bytes.readUInt32LE(offset + 42),
      mode: bytes.readUInt16LE(offset + 40),
    });
    offset += entrySize + rest;
  }
  return entries;
}

/** Why an entry cannot be extracted; undefined when it can. */
export function refuseEntry(entry: ZipEntry): string | undefined {
  const clean = normalize(entry.name);
  if (entry.name.startsWith("/") || clean === ".." || clean.startsWith("../")) return "it leaves the directory";
  if ((entry.mode & fileTypeMask) === symbolicLink) return "it is a symbolic link";
  if (entry.encrypted) return "it is encrypted";
  if (entry.method !== stored && entry.method !== deflated) return `compression method ${entry.method} is unknown`;
  if (entry.compressedSize === zip64Marker || entry.headerOffset === zip64Marker) return "zip64 is not supported";
  return undefined;
}

async function readCentralDirectory(file: FileHandle): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, endSize + 0xffff));
  await file.read(tail, 0, tail.length, size - tail.length);
  let end = tail.length - endSize;
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end -= 1;
  if (end < 0) throw broken("no central directory");
  const directory = Buffer.alloc(tail.readUInt32LE(end + 12));
  if (directory.length > size) throw broken("bad central directory");
  await file.read(directory, 0, directory.length, tail.readUInt32LE(end + 16));
  return parseCentralDirectory(directory, tail.readUInt16LE(end + 10));
}

/** Extracts everything into `directory`. */
export async function extractZip(archive: string, directory: string): Promise<void> {
  const file = await open(archive, "r");
  try {
    for (const entry of await readCentralDirectory(file)) {
      const refused = refuseEntry(entry);
      if (refused !== undefined) throw broken(`'${entry.name}' is refused because ${refused}`);
      await extractEntry(archive, file, entry, join(directory, entry.name));
    }
  } finally {
    await file.close();
  }
}

async function extractEntry(archive: string, file: FileHandle, entry: ZipEntry, target: string): Promise<void> {
  if (entry.name.endsWith("/")) {
    await mkdir(target, { recursive: true });
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  const header = Buffer.alloc(localHeaderSize);
  await file.read(header, 0, localHeaderSize, entry.headerOffset);
  const start = entry.headerOffset + localHeaderSize + header.readUInt16LE(26) + header.readUInt16LE(28);
  const output = createWriteStream(target);
  if (entry.compressedSize === 0) {
    output.end();
  } else {
    const input = createReadStream(archive, { start, end: start + entry.compressedSize - 1 });
    await (entry.method === stored ? pipeline(input, output) : pipeline(input, createInflateRaw(), output));
  }
  if ((entry.mode & 0o777) !== 0) await chmod(target, entry.mode & 0o777);
}
