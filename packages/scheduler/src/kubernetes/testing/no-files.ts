// Files of processes and executors for tests that are about something else: there are none.
import { CkeError } from "@cke/foundation";
import type { FileReads, NodeName } from "../process-files/process-file-reads.ts";

const none = async () => {
  throw new CkeError("file_not_found", "there are no files in this test", { status: 404 });
};

export const noFiles: FileReads<NodeName> = { list: none, open: none };
