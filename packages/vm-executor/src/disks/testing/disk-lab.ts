// A VM's directory on a host with named images, for tests of its disks.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { VmDisk, type VmDiskInit } from "@cke/protocol";
import { StoreFixture } from "../../images/testing/store-fixture.ts";
import type { VmPlace } from "../../ports/vm-place.ts";
import { QemuImg } from "../../qemu-img/qemu-img.ts";
import { VmDisks } from "../vm-disks.ts";

export const MiB = 2 ** 20;

/** An image of 3 MiB that is in the lab under this name; "base.raw" is the same content. */
export const baseImage = { source: "base.qcow2", sha256: "", format: "" };

export const diskOf = (fields: VmDiskInit) => VmDisk.create({ name: "root", ...fields });

export class DiskLab extends StoreFixture {
  readonly place: VmPlace;
  readonly disks = this.disksOf("here");

  constructor() {
    super();
    const directory = join(this.directory, "vms/web.i1");
    const uuid = "5e1d0c0e-0000-4000-8000-000000000001";
    this.place = { vm: "web", uuid, instance: "i1", directory, runDirectory: join(directory, "run") };
    const [raw, qcow2] = [join(this.named, "base.raw"), join(this.named, "base.qcow2")];
    writeFileSync(raw, Buffer.alloc(3 * MiB, "base"));
    execFileSync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, qcow2]);
  }

  disksOf(host: string): VmDisks {
    return new VmDisks({ images: this.store(), qemuImg: new QemuImg(), host, diskPaths: [this.named] });
  }

  /** A path in the directory of the VM's disks. */
  at(...names: readonly string[]): string {
    return join(this.place.directory, "disks", ...names);
  }

  prepare(...wanted: readonly VmDisk[]) {
    return this.disks.prepare(wanted, this.place, this.work);
  }
}
