// The header of a qcow2 image, as image-header.ts reads it, without qemu-img.

export interface Qcow2Fields {
  readonly version?: number;
  readonly backingAt?: bigint;
  readonly size?: bigint;
  readonly crypt?: number;
  readonly features?: bigint;
}

export function qcow2Header({
  backingAt = 0n,
  crypt = 0,
  features = 0n,
  size = 1n << 30n,
  version = 3,
}: Qcow2Fields = {}): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write("QFI\xfb", "latin1");
  bytes.writeUInt32BE(version, 4);
  bytes.writeBigUInt64BE(backingAt, 8);
  bytes.writeBigUInt64BE(size, 24);
  bytes.writeUInt32BE(crypt, 32);
  bytes.writeBigUInt64BE(features, 72);
  return bytes;
}
