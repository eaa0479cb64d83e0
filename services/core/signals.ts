// The one table of signals and rates: type, kind of trial, harmful direction, watched by default. Shared by detector, alerter and views.

export interface SignalKind {
  /** `event_type` of signals and `signal_type` of tallies. */
  readonly type: string;
  /** What one trial is. */
  readonly trial: "user-turn" | "response" | "closed-visit" | "impression" | "answer" | "none";
  /** Which outcome of a trial is the harmful one; null: a measure without direction. */
  readonly harm: "fired" | "unfired" | null;
  /** Whether alerts watch it without any rule. */
  readonly watched: boolean;
}

export const signalKinds = [
  { type: "implicit:repeat-ask", trial: "user-turn", harm: "fired", watched: true },
  { type: "implicit:follow-up-clarification", trial: "user-turn", harm: "fired", watched: true },
  { type: "implicit:abandonment", trial: "closed-visit", harm: "fired", watched: true },
  { type: "implicit:silent-end", trial: "closed-visit", harm: null, watched: false },
  { type: "implicit:copy", trial: "response", harm: "unfired", watched: true },
  { type: "implicit:share", trial: "response", harm: "unfired", watched: false },
  { type: "implicit:regenerate", trial: "response", harm: "fired", watched: true },
  { type: "implicit:edit", trial: "response", harm: "fired", watched: false },
  { type: "implicit:stop", trial: "response", harm: "fired", watched: true },
  { type: "implicit:engagement-length", trial: "response", harm: null, watched: false },
  { type: "implicit:escalation", trial: "closed-visit", harm: "fired", watched: true },
  { type: "explicit:answered", trial: "impression", harm: null, watched: false },
  { type: "explicit:negative", trial: "answer", harm: "fired", watched: true },
  { type: "explicit:thumbs-down", trial: "response", harm: "fired", watched: true },
] as const satisfies readonly SignalKind[];

export type RateType = (typeof signalKinds)[number]["type"];
