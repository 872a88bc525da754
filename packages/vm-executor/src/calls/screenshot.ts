// A picture of the guest's screen.
import { CkeError } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import type { CallParts } from "./call-parts.ts";
import { pngWithin } from "./png.ts";

/** A screen of 3840 x 2160 as PPM has 24.9 MB. */
const mostBytes = 32 * 1024 * 1024;

/** One message of a channel has at most 256 KiB. */
const mostAnswerBytes = 240 * 1024;

export interface Picture {
  readonly picture: Uint8Array;
  readonly pictureType: string;
}

/** Throws CkeError `failed_precondition` for a VM without a screen. */
export async function takePicture({ hypervisor, domain, signal }: CallParts): Promise<Picture> {
  try {
    const { mime, data } = await hypervisor.consoles.screenshot(domain, { signal });
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of data) {
      if (!(piece instanceof Uint8Array)) continue;
      size += piece.length;
      if (size > mostBytes) throw new CkeError("resource_exhausted", "the picture of the screen is larger than 32 MiB");
      pieces.push(piece);
    }
    const picture = Buffer.concat(pieces);
    if (mime === "image/png" && picture.length <= mostAnswerBytes) return { picture, pictureType: mime };
    return { picture: await pngWithin(picture, mostAnswerBytes), pictureType: "image/png" };
  } catch (error) {
    if (!isLibvirtError(error)) throw error;
    throw new CkeError(
      "failed_precondition",
      `there is no picture of the screen (has the VM devices.vnc?): ${error.message}`,
      {
        cause: error,
      },
    );
  }
}
