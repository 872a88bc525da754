// Structured logs: one JSON line per entry with level, time (ISO 8601), message and the context's fields.
// Levels are CKE's four. Secrets are the caller's duty not to log; well-known secret fields are censored all the same.
import { pino } from "pino";
import { type LogLevel, logLevels } from "./log-level.ts";

/** Fields that identify what an entry is about. */
export interface LogContext {
  readonly component?: string;
  readonly cluster?: string;
  readonly node?: string;
  readonly process?: string;
  readonly taskId?: string;
  readonly [field: string]: unknown;
}

export interface Logger {
  error(message: string, fields?: LogContext): void;
  warning(message: string, fields?: LogContext): void;
  info(message: string, fields?: LogContext): void;
  debug(message: string, fields?: LogContext): void;
  child(context: LogContext): Logger;
  level(): LogLevel;
  /** Changes the level of this logger and of every logger that came from the same root. */
  setLevel(level: LogLevel): void;
}

export interface LoggerOptions {
  readonly level?: LogLevel;
  readonly context?: LogContext;
  /** Where lines go; default stderr. */
  readonly destination?: { write(line: string): void };
}

export function createLogger(options: LoggerOptions = {}): Logger {
  const root = pino(
    {
      level: "debug",
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      customLevels: { warning: 40 },
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ["token", "secret", "password", "privateKey", "authorization"], censor: "[secret]" },
      serializers: { error: pino.stdSerializers.err },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
  let threshold = logLevels.indexOf(options.level ?? "info");
  const build = (target: typeof root): Logger => {
    const write = (level: LogLevel) => (message: string, fields?: LogContext) => {
      if (logLevels.indexOf(level) <= threshold) target[level](fields ?? {}, message);
    };
    return {
      error: write("error"),
      warning: write("warning"),
      info: write("info"),
      debug: write("debug"),
      child: (context) => build(target.child(context)),
      level: () => logLevels[threshold] ?? "info",
      setLevel: (level) => {
        threshold = logLevels.indexOf(level);
      },
    };
  };
  return build(options.context === undefined ? root : root.child(options.context));
}

/** A logger that drops everything. */
export const silentLogger: Logger = {
  error: () => {},
  warning: () => {},
  info: () => {},
  debug: () => {},
  child: () => silentLogger,
  level: () => "error",
  setLevel: () => {},
};
