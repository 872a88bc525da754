// A field of a query that is true or false; alone (`?force`) it is true.
import { z } from "zod";

export const flagField = z
  .enum(["true", "false", ""], "true or false")
  .transform((text) => text !== "false")
  .default(false);
