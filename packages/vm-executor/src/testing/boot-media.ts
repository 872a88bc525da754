// A CD and a disk from which a BIOS boots. Of the CD that is El Torito without emulation ("El Torito" Bootable CD-ROM Format Specification 1.0,
// 1995). What boots is a program that writes a line to the first serial port and stands still.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { missingHere } from "@cke/test-servers";

/** Machine code for a CPU in real mode, wherever it is loaded: it reads the text behind itself. */
// biome-ignore format: one instruction a line
const program = [
  0x0e, 0x1f,             // push cs; pop ds
  0xe8, 0x00, 0x00,       // call the next instruction
  0x5e,                   // pop si: its address
  0x83, 0xc6, 0x13,       // add si, 19: the text
  0xba, 0xf8, 0x03,       // mov dx, 0x3f8: the first serial port
  0xfc,                   // cld
  0xac,                   // lodsb
  0x84, 0xc0,             // test al, al
  0x74, 0x03,             // jz: to hlt
  0xee,                   // out dx, al
  0xeb, 0xf8,             // jmp: to lodsb
  0xf4,                   // hlt
  0xeb, 0xfd,             // jmp: to hlt
];

/** Why no CD can be made here; undefined when it can. */
export const missingForMedia = (): string | undefined =>
  missingHere(spawnSync("genisoimage", ["-version"]).error === undefined ? undefined : "no genisoimage: install it");

/** Makes `boot.iso` and `disk.img` in the directory, which is made where it is not there. Each says on the serial port what it is. */
export function bootMedia(directory: string): void {
  const content = join(directory, "content");
  mkdirSync(content, { recursive: true });
  writeFileSync(join(content, "boot.img"), sectors(2_048, "guest: boots from its CD"));
  const options = ["-quiet", "-b", "boot.img", "-no-emul-boot", "-boot-load-size", "4"];
  execFileSync("genisoimage", [...options, "-o", join(directory, "boot.iso"), content], { stdio: "pipe" });
  writeFileSync(join(directory, "disk.img"), sectors(2 ** 20, "guest: boots from its disk"));
}

/** A BIOS starts the first sector of a disk when it ends with 55 AA. */
function sectors(bytes: number, line: string): Buffer {
  const all = Buffer.alloc(bytes);
  Buffer.concat([Buffer.from(program), Buffer.from(`${line}\r\n\0`)]).copy(all);
  all.writeUInt16BE(0x55aa, 510);
  return all;
}
