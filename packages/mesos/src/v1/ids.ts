// Identifiers of Mesos v1: each is a message with one text `value`.
import * as z from "zod";
import { base64, message, optional, text } from "./schema.ts";

export const idSchema = message({ value: text });

/** Every identifier has this shape on the wire. */
export interface Id extends z.output<typeof idSchema> {}
export interface FrameworkID extends Id {}
export interface OfferID extends Id {}
export interface AgentID extends Id {}
export interface TaskID extends Id {}
export interface ExecutorID extends Id {}
export interface ResourceProviderID extends Id {}
export interface OperationID extends Id {}

/** A container of a nested container (task group) carries its parent's id. */
export interface ContainerID {
  readonly value: string;
  readonly parent?: ContainerID;
}
export const containerIdSchema: z.ZodType<ContainerID> = message({
  value: text,
  parent: optional(z.lazy(() => containerIdSchema)),
});

/** 16 bytes in base64 (see `uuid.ts`). */
export const uuidSchema = message({ value: base64 });
export interface UUID extends z.output<typeof uuidSchema> {}
