// What qemu-img prints. Pure.
import { CkeError } from "@cke/foundation";
import * as z from "zod";

const bytes = z.number().int().nonnegative();

/** Of `qemu-img info --output=json`; what CKE does not use is left out. */
const infoSchema = z.object({
  format: z.string(),
  "virtual-size": bytes,
  "actual-size": bytes.optional(),
  "backing-filename": z.string().optional(),
  "backing-filename-format": z.string().optional(),
  encrypted: z.boolean().optional(),
  snapshots: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        "date-sec": z.number().default(0),
        "date-nsec": z.number().default(0),
      }),
    )
    .max(65_536)
    .optional(),
  "format-specific": z
    .object({ data: z.object({ "data-file": z.string().optional(), corrupt: z.boolean().optional() }).optional() })
    .optional(),
});

export interface ImageInfo {
  readonly format: string;
  /** As the guest sees it. */
  readonly virtualBytes: number;
  /** Bytes that the file takes. */
  readonly allocatedBytes: number;
  /** Name of the image that it is an overlay of. */
  readonly backing: string | undefined;
  /** Its format as the overlay declares it; without one QEMU would guess. */
  readonly backingFormat: string | undefined;
  /** Name of another file that has its data. */
  readonly dataFile: string | undefined;
  readonly encrypted: boolean;
  readonly corrupt: boolean;
  /** That lie in the image, in their order. */
  readonly snapshots: readonly ImageSnapshot[];
}

export interface ImageSnapshot {
  readonly id: string;
  readonly name: string;
  /** Seconds and nanoseconds of the UNIX time: no two snapshots of one name have the same. */
  readonly made: string;
}

/** Throws CkeError image_format when it is not what qemu-img prints. */
export function parseImageInfo(text: string): ImageInfo {
  const parsed = infoSchema.safeParse(readJson(text));
  if (!parsed.success)
    throw new CkeError("image_format", "the answer of qemu-img info is not understood: update qemu-utils");
  const { data } = parsed;
  const specific = data["format-specific"]?.data;
  return {
    format: data.format,
    virtualBytes: data["virtual-size"],
    allocatedBytes: data["actual-size"] ?? 0,
    backing: data["backing-filename"],
    backingFormat: data["backing-filename-format"],
    dataFile: specific?.["data-file"],
    encrypted: data.encrypted ?? false,
    corrupt: specific?.corrupt ?? false,
    snapshots: (data.snapshots ?? []).map(({ id, name, ...date }) => {
      return { id, name, made: `${date["date-sec"]}.${date["date-nsec"]}` };
    }),
  };
}

const measureSchema = z.object({ required: bytes });

/** Of `qemu-img measure --output=json`, in bytes. Throws CkeError image_format. */
export function parseMeasure(text: string): number {
  const parsed = measureSchema.safeParse(readJson(text));
  if (!parsed.success)
    throw new CkeError("image_format", "the answer of qemu-img measure is not understood: update qemu-utils");
  return parsed.data.required;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The last per cent that `-p` told: "    (12.34/100%)\r". */
export function parseProgress(text: string): number | undefined {
  const last = [...text.matchAll(/\((\d{1,3}(?:\.\d+)?)\/100%\)/g)].at(-1)?.[1];
  return last === undefined ? undefined : Math.min(100, Number(last));
}
