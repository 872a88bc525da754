// What every executor does, whatever it runs: the connection to the agent, reliable status updates, the task life cycle.
export * from "./agent-link.ts";
export * from "./driver.ts";
export * from "./executor.ts";
export * from "./status-ledger.ts";
