// What every program of CKE needs and no domain owns: logging, time, backoff and the base of errors.
export * from "./assert-never.ts";
export * from "./backoff.ts";
export * from "./bounded-text.ts";
export * from "./cke-error.ts";
export * from "./clock.ts";
export * from "./line-writer.ts";
export * from "./log-level.ts";
export * from "./logger.ts";
export * from "./time-slice.ts";
export * from "./version.ts";
export * from "./with-timeout.ts";
