// Channels for tests that are about something else: none can be opened, and every dial is refused.
import { CkeError } from "@cke/foundation";
import type { WorkloadChannels } from "../workload-channels.ts";

const none = () => new CkeError("node_not_running", "there are no channels in this test", { status: 409 });

export const noChannels: WorkloadChannels = {
  open: async () => {
    throw none();
  },
  dial: (_request, _socket, _head, refuse) => refuse(none()),
};
