// An executor as far as images are concerned: fetches one and says where it has it. Arguments: directory of the cache, source, sum,
// where to.
import { silentLogger, systemClock } from "@cke/foundation";
import { QemuImg } from "../../qemu-img/qemu-img.ts";
import { ImageCache } from "../image-cache.ts";
import { ImageStore } from "../image-store.ts";

const [directory = "", source = "", sha256 = "", path = ""] = process.argv.slice(2);
const images = new ImageStore({
  cache: new ImageCache(directory),
  qemuImg: new QemuImg(),
  imagePath: "",
  clock: systemClock,
  logger: silentLogger,
});
const work = {
  signal: new AbortController().signal,
  progress: (_step: string, words: string) => void process.stdout.write(`${words}\n`),
  warn: () => {},
};
const given = await images.give({ source, sha256, format: "" }, "disk", () => path, work);
process.stdout.write(`given ${given.path}\n`);
