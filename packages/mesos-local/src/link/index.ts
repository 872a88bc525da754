// The link between the embedded master and its agents: see messages.ts for the protocol and who owns which duty.
export * from "./agent-link.ts";
export * from "./messages.ts";
