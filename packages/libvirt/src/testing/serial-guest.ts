// A guest of one sector, the boot sector of a disk. It says hello on its first serial port, and does there what it is told.
import { writeFileSync } from "node:fs";

/** What the guest says when it has started. */
export const greeting = "hello from the guest\r\n";

/** What it does for a character. Any other it sends back. */
export const orders = {
  /** Tells QEMU that it has panicked (port 0x505 of `<panic model='isa'/>`). */
  panic: "!",
  /** Switches itself off (port 0x604, ACPI of the machine pc). */
  powerOff: "%",
  /** Writes the second sector of its disk, and answers `+`, or `-` when that failed. */
  write: "#",
} as const;

/** Machine code of 16 bits. */
const code = [
  "fa 31c0 8ed8 8ec0 8ed0 bc007c 88d3", // cli; all segments 0; stack below the code; bl = number of the disk
  "be7a00 81c6007c ac 84c0 7405 e84e00 ebf6", // sends the greeting, up to its 0
  "bafd03 ec a801 74fb baf803 ec", // waits for a character of the port 0x3f8
  "3c21 740d 3c25 7411 3c23 7416 e83100 ebe3", // one of the orders, or sends it back and waits again
  "ba0505 b001 ee ebdb", // out 0x505, 1
  "ba0406 b80020 ef ebd2", // out 0x604, 0x2000
  "b80103 b90200 b600 88da 53 bb007c fb cd13 fa 5b", // int 0x13: writes one sector
  "b02b 7302 b02d e80200 ebb4", // sends + or -
  "50 bafd03 ec a820 74fb 58 baf803 ee c3", // sends al when the port takes it
].join(" ");

/** Writes a raw disk image of `bytes` (1 MiB by default) that boots the guest. */
export function writeSerialGuest(path: string, bytes = 1024 * 1024): void {
  const image = Buffer.alloc(bytes);
  const program = Buffer.concat([Buffer.from(code.replaceAll(" ", ""), "hex"), Buffer.from(`${greeting}\0`)]);
  program.copy(image);
  image.writeUInt16BE(0x55aa, 510);
  writeFileSync(path, image);
}
