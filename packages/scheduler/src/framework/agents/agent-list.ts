// What the Mesos master's operator API says of its agents (GET_AGENTS), as far as it tells where something is.
import { z } from "zod";

const idSchema = z.object({ value: z.string() }).default({ value: "" });

/** `mesos.v1.master.Response.GetAgents` in include/mesos/v1/master/master.proto. */
export const agentListSchema = z.object({
  get_agents: z.object({
    agents: z
      .array(z.object({ agent_info: z.object({ hostname: z.string(), id: idSchema }), pid: z.string().default("") }))
      .default([]),
    /** After a failover of the Mesos master: agents that have not registered again yet. */
    recovered_agents: z.array(z.object({ hostname: z.string().default(""), id: idSchema })).default([]),
  }),
});
