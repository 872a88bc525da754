// An executor as far as the disks of a clone are concerned: it makes them, and is killed meanwhile. Arguments: the directory of all, the
// uuid of the clone, that of its source, the words of its progress at which it dies, the names of the disks. A line says that it came to the end.
import { join } from "node:path";
import { silentLogger, systemClock } from "@cke/foundation";
import { ImageCache } from "../../images/image-cache.ts";
import { ImageStore } from "../../images/image-store.ts";
import { QemuImg } from "../../qemu-img/qemu-img.ts";
import { VmDisks } from "../vm-disks.ts";
import { copyOf, diskOf, placeOf } from "./clone-parts.ts";

const [directory = "", clone = "", source = "", killAt = "", ...names] = process.argv.slice(2);
const qemuImg = new QemuImg();
const cache = new ImageCache(join(directory, "images"));
const images = new ImageStore({ cache, qemuImg, imagePath: "", clock: systemClock, logger: silentLogger });
const disks = new VmDisks({ images, qemuImg, host: "here", diskPaths: [] });
const progress = (_step: string, words: string) => {
  if (words.includes(killAt)) process.kill(process.pid, "SIGKILL");
};
await disks.copy(
  names.map((name) => diskOf({ name })),
  copyOf(placeOf(directory, source), "", names),
  placeOf(directory, clone),
  false,
  { signal: new AbortController().signal, progress, warn: () => {} },
);
process.stdout.write("done\n");
