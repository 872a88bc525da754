// A change that an operator asks for, answered whatever is wrong with it.
import * as z from "zod";
import { type Answer, textAnswer } from "../../http/answer.ts";
import { JsonSyntaxError } from "../../wire/index.ts";

/** One that cannot be read is answered, not thrown. */
export function changeOf(change: () => Answer): Answer {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof JsonSyntaxError)) throw error;
    return textAnswer(400, `Failed to convert JSON into protobuf: ${error.message}`);
  }
}
