// Resource: what an agent offers and tasks take. Two reservation formats exist: with the RESERVATION_REFINEMENT capability
// `reservations[]`, without it `role` + `reservation`; one framework sees only one of them.
import type * as z from "zod";
import { labelsSchema } from "./common.ts";
import { volumeSchema } from "./container.ts";
import { idSchema } from "./ids.ts";
import { message, openEnum, optional, repeated, text } from "./schema.ts";
import { rangesSchema, scalarSchema, setSchema, valueTypeSchema } from "./value.ts";

export const allocationInfoSchema = message({ role: optional(text) });
/** The role the resource is allocated to; the same in the offer and in everything launched from it. */
export interface AllocationInfo extends z.output<typeof allocationInfoSchema> {}

const reservationInfoSchema = message({
  type: optional(openEnum(["STATIC", "DYNAMIC"])),
  role: optional(text),
  principal: optional(text),
  labels: optional(labelsSchema),
});
export interface ReservationInfo extends z.output<typeof reservationInfoSchema> {}

const diskInfoSchema = message({
  persistence: optional(message({ id: text, principal: optional(text) })),
  volume: optional(volumeSchema),
  source: optional(
    message({
      type: openEnum(["PATH", "MOUNT", "BLOCK", "RAW"]),
      path: optional(message({ root: optional(text) })),
      mount: optional(message({ root: optional(text) })),
      vendor: optional(text),
      id: optional(text),
      metadata: optional(labelsSchema),
      profile: optional(text),
    }),
  ),
});
export interface DiskInfo extends z.output<typeof diskInfoSchema> {}

export const resourceSchema = message({
  name: text,
  type: valueTypeSchema,
  scalar: optional(scalarSchema),
  ranges: optional(rangesSchema),
  set: optional(setSchema),
  role: optional(text),
  allocation_info: optional(allocationInfoSchema),
  reservation: optional(reservationInfoSchema),
  reservations: repeated(reservationInfoSchema),
  provider_id: optional(idSchema),
  disk: optional(diskInfoSchema),
  revocable: optional(message({})),
  shared: optional(message({})),
});
export interface Resource extends z.output<typeof resourceSchema> {}
